"""Ids of another kind: new rows whose ids have nothing to do with those known."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.report.words import number, percent
from stepladder.watch.batch_columns import Found
from stepladder.watch.blocks import ago, ids

BEFORE = 8  # blocks of the past that say how many ids are usually known
SURELY = 20  # known ids that there would have to be


def check_ids(
    history: History, name: str, time: str, columns: pa.Schema, days: int
) -> Iterator[Found]:
    """Every id column of which nothing is known any more, though much of it always was."""
    for column in ids(columns):
        if column != time:
            yield from _one(history, name, time, column, days)


def _one(history: History, name: str, time: str, column: str, days: int) -> Iterator[Found]:
    known = history.sql(
        f"""select block, count(*) as n, avg(case when first > block then 1.0 else 0.0 end) as known
        from (
          select id, block, max(block) over (partition by id) as first from (
            select distinct {quoted(column)} as id, {ago(time, days)} as block
            from {quoted(name)} where {quoted(column)} is not null) as seen) as met
        where block <= {BEFORE} group by block order by block"""
    ).to_pylist()
    now = next((row for row in known if row["block"] == 0), None)
    before = [row["known"] for row in known if row["block"] > 0]
    if now is None or now["known"] > 0 or len(before) < BEFORE // 2:
        return
    if min(before) * now["n"] < SURELY:
        return
    example = history.sql(
        f"select max({quoted(column)}) as one from {quoted(name)} where {ago(time, days)} = 0"
    )["one"][0].as_py()
    yield (
        "stop",
        f"{name}: none of the {number(now['n'])} values of {column} in the new rows was ever seen "
        f"before, e.g. {example}",
        f"usually at least {percent(min(before))} are known already",
        "ask whether ids are written in another way now (another system, a prefix, leading zeros)",
    )
