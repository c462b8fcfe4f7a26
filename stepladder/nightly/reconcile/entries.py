"""Tables of which each key has one row, such as a catalogue: keys that vanished, columns that changed."""

from __future__ import annotations

from collections.abc import Iterator

from stepladder.core.history import quoted
from stepladder.nightly.reconcile.tables import LEAST, Pair
from stepladder.report.words import number, percent
from stepladder.watch.findings import Finding

UNIT = 4.0  # times as much, of most keys at once
REWORDED = 0.2
ENOUGH, MOST = 20, 0.9  # of what answers are told by: these are other things, or in another order


def entries(both: Pair) -> Iterator[Finding]:
    """Keys that are gone, and columns that lost their values, changed their unit, or say other things."""
    keys = [name for name in both.spec.key if name in both.columns]
    if not keys:
        return
    same = " and ".join(f"b.{k} is not distinct from n.{k}" for k in map(quoted, keys))
    picked = ", ".join(f"{both.said(k)} as {quoted(k)}" for k in keys)
    for view in ("before", "now"):
        rest = ", ".join(quoted(c) for c in both.types[view == "now"] if c not in keys)
        both.con.execute(
            f"create or replace view {view}_keyed as select {picked}{', ' + rest if rest else ''} "
            f"from {view}"
        )
    n, gone = both.one(
        f"select count(*), count(*) filter (where not exists (from now_keyed n where {same})) "
        "from before_keyed b"
    )
    if gone > both.most(n):
        yield _gone(both, keys, n, gone)
    if gone < n:
        for column in both.columns:
            if column not in keys:
                yield from _column(both, column, same)


def _gone(both: Pair, keys: list[str], n: int, gone: int) -> Finding:
    one = ", ".join(map(quoted, keys))
    lost = both.con.execute(
        f"select {one} from before_keyed except select {one} from now_keyed order by all limit 1"
    ).fetchone()
    new = both.con.execute(
        f"select {one} from now_keyed except select {one} from before_keyed order by all limit 1"
    ).fetchone()
    instead = f", and there are new ones, such as {_id(new)}" if new else ""
    return Finding(
        "stop",
        f"{both.name}: {number(gone)} of {number(n)} {' and '.join(keys)}s that were there last night are "
        f"gone, such as {_id(lost)}{instead}",
        f"from one night to the next at most {percent(both.limits.lost)} may go (lost in question.toml "
        "[nightly])",
        "ask whether the delivery is complete, and whether ids are written in another way now; refresh",
    )


def _id(row: tuple[object, ...] | None) -> str:
    return "/".join(map(str, row or ()))


def _column(both: Pair, column: str, same: str) -> Iterator[Finding]:
    there = f"b.{quoted(column)} is not null"
    b, n = (
        f"{view}.{quoted(column)}"
        if both.said(column) == quoted(column)
        else f"cast({view}.{quoted(column)} as varchar)"
        for view in "bn"
    )
    had, empty, other, values, were = both.one(
        f"""select count(*) filter (where {there}),
        count(*) filter (where {there} and n.{quoted(column)} is null),
        count(*) filter (where {b} <> {n}), count(distinct {n}), count(distinct {b})
        from before_keyed b join now_keyed n on {same}"""
    )
    if empty > both.most(had):
        yield Finding(
            "stop",
            f"{both.name}: the column {column} is empty for {number(empty)} of the {number(had)} that had "
            "it last night",
            "what was known last night is known tonight",
            "ask where the table comes from whether the column was renamed or left out, and refresh",
        )
    elif values == 1 < min(had, were) and other > max(REWORDED * had, LEAST):
        yield Finding(
            "stop",
            f"{both.name}: the column {column} says one and the same of all, where {number(other)} said "
            "something else last night",
            "a column with different values does not become the same for all overnight",
            "ask where the table comes from whether it was filled with a default",
        )
    elif other > max(REWORDED * had, LEAST):
        yield from _changed(both, column, same, had, other)
    else:
        yield from _vanished(both, column, had)


def _changed(both: Pair, column: str, same: str, had: int, other: int) -> Iterator[Finding]:
    """Prices may change a little for all, and moments as they like; other things are told."""
    name = quoted(column)
    numeric = _numeric(both, column)
    ratio = both.one(
        f"""select median(try_cast(n.{name} as double) / b.{name}::double)
        from before_keyed b join now_keyed n on {same} where try_cast(b.{name} as double) > 0"""
        if numeric
        else "select null"
    )[0]
    shown = column in {each.name for each in both.spec.columns}  # what answers are told by
    stop = (
        not 1 / UNIT < ratio < UNIT
        if ratio is not None
        else shown and not numeric and had >= ENOUGH and other > MOST * had
    )
    if numeric and not stop:
        return
    moments, one = both.one(
        f"select count(try_cast({name} as timestamp)) = count({name}), count(distinct {name}) = 1 "
        "from now_keyed"
    )
    if moments or one:  # when it was updated, or of which export it is
        return
    example = both.one(
        f"select b.{name}, n.{name} from before_keyed b join now_keyed n on {same} "
        f"where b.{name}::varchar <> n.{name}::varchar order by all limit 1"
    )
    yield Finding(
        "stop" if stop else "tell",
        f"{both.name}: the column {column} says something else of {number(other)} of {number(had)} than last "
        f"night, such as {example[1]} for {example[0]}"
        + (f"; in the middle × {number(float(ratio))}" if stop and ratio is not None else ""),
        "most of what is said of known ones stays as it was from one night to the next",
        "ask where the table comes from what changed, and refresh",
    )


def _vanished(both: Pair, column: str, had: int) -> Iterator[Finding]:
    """A value that many had and nobody has any more: it is called otherwise now."""
    name = quoted(column)
    gone = both.con.execute(
        f"""select {name}, count(*) as n from before_keyed where {name} is not null group by 1
        having n >= {max(both.most(had), LEAST)} and not bool_or({name} in (select {name} from now_keyed))
        order by n desc, 1 limit 1"""
        if not _numeric(both, column)
        else "select 1 where false"
    ).fetchone()
    if gone:
        yield Finding(
            "tell",
            f"{both.name}: {column} = {gone[0]!r}, which {number(int(gone[1]))} had last night, is not "
            "there any more",
            "what many had last night some have tonight",
            "ask whether it is called otherwise now; a rule that names it must say the new name",
        )


def _numeric(both: Pair, column: str) -> bool:
    return all(
        kind[column].startswith(("BIGINT", "INTEGER", "DOUBLE", "FLOAT", "DECIMAL"))
        for kind in both.types
    )
