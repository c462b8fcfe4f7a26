"""Twins of what a matrix of persons and items is made of."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from stepladder.service.quick import Seen, Tables
from stepladder.service.quick.recommend.own import (
    Pair,
    candidates,
    code_of,
    codes,
    likes,
    numbered,
    on_day,
    taken,
)


def rows(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.read.ROWS: what each case likes, and how many days ago."""
    code, nth = codes(seen, given["codes"]), numbered(given["cases"])
    ages: dict[tuple[int, int], int | None] = {}
    for person, item, time, _ in likes(seen):
        if person in nth and item in code:
            place = nth[person], code[item]
            age = None if time is None else (seen.now - on_day(time)).days
            ages[place] = min((a for a in (ages.get(place), age) if a is not None), default=None)
    found = sorted(ages)
    kind = pa.int32()
    return pa.table(
        {
            "nth": pa.array([place[0] for place in found], kind),
            "code": pa.array([place[1] for place in found], kind),
            "age": pa.array([ages[place] for place in found], kind),
        }
    )


def had(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.lists.SEEN: what may not be shown to a case again."""
    code, nth = codes(seen, given["codes"]), numbered(given["cases"])
    found = [(nth[p], code[i]) for p, i in taken(seen) if p in nth and i in code]
    kind = pa.int32()
    return pa.table(
        {
            "nth": pa.array([a for a, _ in found], kind),
            "code": pa.array([b for _, b in found], kind),
        }
    )


def hidden(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.lists.HIDDEN: what may be shown to nobody; it is the same for everyone."""
    codes, may = given["codes"], candidates(seen)

    def read() -> pa.Table:
        found = [code for item, code in code_of(codes).items() if item not in may]
        return pa.table({"code": pa.array(found, pa.int32())})

    kept = seen.ever("hidden", lambda: (codes, read()))
    return kept[1] if kept[0].equals(codes) else read()


def latest(seen: Seen, given: Tables) -> pa.Table:
    """Twin of why.LATEST: the latest row of each of a person's items."""
    own = list(zip(*(given["own"][n].to_pylist() for n in ("person", "item")), strict=True))
    wanted = set(own)
    best: dict[Pair, tuple[bool, Any, int]] = {}
    for person, item, time, row in likes(seen):
        if (person, item) in wanted:
            place = (time is not None, time, row)  # a time that is not known comes last
            if (person, item) not in best or place > best[person, item]:
                best[person, item] = place
    found = [pair for pair in dict.fromkeys(own) if pair in best]
    kinds = given["own"].schema
    return pa.table(
        {
            "person": pa.array([p for p, _ in found], kinds.field("person").type),
            "item": pa.array([i for _, i in found], kinds.field("item").type),
            "row": pa.array([best[pair][2] for pair in found], pa.int64()),
        }
    )
