"""Why nothing is left to show to somebody: how many items each rule left, and what they have of these."""

from __future__ import annotations

import pyarrow as pa

from stepladder.core.history import History
from stepladder.questions.recommend.rules import steps

LEFT = """
select asked.person, count(distinct candidates.item) as had
from asked left join seen on asked.person = seen.person
  left join candidates on seen.item = candidates.item
group by asked.person
"""


def emptied(history: History, persons: pa.ChunkedArray) -> dict[object, str]:
    """For each person whose list is empty, the rule that emptied it, in words with numbers."""
    if not len(persons):
        return {}
    every, left = _left(history)
    may, way = left[-1][1], _way(every, left)
    if not may:
        return dict.fromkeys(persons.to_pylist(), f"nothing may be shown to anybody: {way}")
    asked = pa.table({"person": persons.unique()})
    found = history.sql(LEFT, asked=asked).to_pylist()
    liked = history.ask.settings.liked
    return {row["person"]: f"{_rest(row['had'], may, liked)}: {way}" for row in found}


def _rest(had: int, may: int, liked: float | None) -> str:
    if had >= may:
        return f"they have all {may:,} items that may be shown (already_seen = false)"
    if liked is None:
        return f"they have {had:,} of the {may:,} items that may be shown, and nothing speaks for the rest"
    return (
        f"they have {had:,} of the {may:,} items that may be shown, and too few people liked the rest "
        f"(liked = {liked:g})"
    )


def _left(history: History) -> tuple[int, list[tuple[str, int]]]:
    """All items, and how many are left after each rule, one after the other."""
    rules = steps(history.ask.settings)
    where = [" and ".join(c for _, c in rules[: i + 1]) for i in range(len(rules))]
    counts = ", ".join(f"count(*) filter (where {one}) as n{i}" for i, one in enumerate(where))
    row = history.sql(
        f"select count(*) as n, {counts} from support left join items on support.item = items.item"
    ).to_pylist()[0]
    return row["n"], [(words, row[f"n{i}"]) for i, (words, _) in enumerate(rules)]


def _way(every: int, left: list[tuple[str, int]]) -> str:
    """From all items to those that may be shown, as far as any are left; what took out none is left out."""
    said, before = [f"of {every:,} items"], every
    for words, n in left:
        if n < before:
            said.append(f"{words} leaves {n:,}" if n else f"{words} leaves none")
        before = n
    return " ".join([said[0], ", ".join(said[1:]) or "the rules take out none"])
