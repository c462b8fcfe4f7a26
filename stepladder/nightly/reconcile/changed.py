"""Which column of the past says something else tonight, and how: the unit, the day, how ids are written."""

from __future__ import annotations

from stepladder.core.history import quoted
from stepladder.nightly.reconcile.tables import Pair
from stepladder.report.words import number

MOST = 0.2  # of the rows that changed may differ otherwise too


def changed(both: Pair) -> str | None:
    """One sentence on the column without which last night's rows are all there; None where it is no one."""
    whole = _gone(both, both.columns)
    for column in both.columns:
        others = [name for name in both.columns if name != column]
        if others and _gone(both, others) < MOST * whole:
            return _how(both, column, others)
    return None


def _gone(both: Pair, columns: list[str]) -> int:
    row = both.hashed(columns)
    return int(
        both.one(
            f"""select coalesce(sum(greatest(b.n - coalesce(n.n, 0), 0)), 0)
            from (select {row} as h, count(*) as n from before group by 1) b
            left join (select {row} as h, count(*) as n from now group by 1) n using (h)"""
        )[0]
    )


def _how(both: Pair, column: str, others: list[str]) -> str:
    """By the rows that are one of a kind in all other columns."""
    row, name = both.hashed(others), quoted(column)
    both.con.execute(
        f"""create or replace temp table other as select b.v as was, n.v as is_now
        from (select {row} as h, min({name}) as v from before group by 1 having count(*) = 1) b
        join (select {row} as h, min({name}) as v from now group by 1 having count(*) = 1) n using (h)
        where cast(b.v as varchar) is distinct from cast(n.v as varchar)"""
    )
    kind = both.types[0][column]
    if not both.one("select count(*) from other")[0]:
        return f"{column} says something else"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return _moved(both, column)
    if kind.startswith(("DOUBLE", "DECIMAL", "FLOAT")):
        return _scaled(both, column)
    was, now = both.one("select was, is_now from other order by all limit 1")
    return f"{column} says something else, such as {_or_nothing(now)} for {_or_nothing(was)}"


def _moved(both: Pair, column: str) -> str:
    hours, share = both.one(
        """select h, n / sum(n) over () from (
        select date_diff('hour', was::timestamp, is_now::timestamp) as h, count(*) as n from other group by 1
        ) order by n desc, h limit 1"""
    )
    if hours is None or share < 1 - MOST:
        was, now = both.one("select was, is_now from other order by all limit 1")
        return f"{column} is another one, such as {_or_nothing(now)} for {_or_nothing(was)}"
    days, rest = divmod(abs(int(hours)), 24)
    far = (
        f"{days} day{'s' * (days != 1)}"
        if days and not rest
        else f"{number(abs(int(hours)))} hours"
    )
    return f"{column} lies {far} {'later' if hours > 0 else 'earlier'} than it did"


def _scaled(both: Pair, column: str) -> str:
    ratio, empty = both.one(
        "select median(try_cast(is_now as double) / nullif(was, 0)), "
        "count(*) filter (where is_now is null) / count(*) from other"
    )
    if empty > 1 - MOST:
        return f"{column} is empty"
    if ratio is None:
        return f"{column} says something else"
    return f"{column} is × {float(ratio):.4g} what it was"


def _or_nothing(value: object) -> str:
    return "nothing" if value is None else str(value)
