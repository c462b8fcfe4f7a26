"""Twins of what makes the lists that are shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa

from stepladder.service.quick import Seen, Tables, columns
from stepladder.service.quick.recommend.own import Pair, candidates, pairs, taken


def bestsellers(seen: Seen, given: Tables) -> pa.Table:
    """Twin of r1_bestsellers.sql's last SELECT: what most people took, less what a case has."""
    best = _best(seen, given["model_bestsellers"])
    there, length = set(taken(seen)), seen.ask.settings.list_length
    found: list[tuple[Any, Any, float | None]] = []
    for person in given["cases"]["person"].to_pylist():
        mine: list[tuple[Any, Any, float | None]] = []
        for item, takers in best:
            if len(mine) == length:
                break
            if (person, item) not in there:
                mine.append((person, item, takers))
        found += mine or [(person, None, None)]
    kinds = given["model_bestsellers"].schema.field("item").type
    return pa.table(
        {
            "person": pa.array(
                [row[0] for row in found], given["cases"].schema.field("person").type
            ),
            "item": pa.array([row[1] for row in found], kinds),
            "prediction": pa.array([row[2] for row in found], pa.float64()),
        }
    )


def ranked(seen: Seen, given: Tables) -> pa.Table:
    """Twin of lists.RANKED: a rung's own list, then the reference's, less what may not be shown."""
    may, there = candidates(seen), set(taken(seen))
    mine = _by_person(given["answers"], may, there)
    usual = _by_person(given["reference"], may, there)
    cases = columns(given["cases"])
    out: list[tuple[Any, ...]] = []
    for nth, person in zip(cases["nth"], cases["person"], strict=True):
        own = mine.get(person, [])
        listed = {item for item, _ in own}
        more = [pair for pair in usual.get(person, []) if pair[0] not in listed]
        order: list[tuple[Any, float | None]] = [*sorted(own, key=_strongest)]
        order += [(item, None) for item, _ in sorted(more, key=_strongest)]
        order = order[: seen.ask.settings.list_length]
        out += [(nth, person, item, said, place) for place, (item, said) in enumerate(order, 1)]
        if not order:
            out.append((nth, person, None, None, None))
    kinds = (pa.int64(), given["cases"].schema.field("person").type,
             given["answers"].schema.field("item").type, pa.float64(), pa.int64())  # fmt: skip
    names = ["nth", "person", "item", "prediction", "place"]
    return pa.table([pa.array([r[i] for r in out], kinds[i]) for i in range(5)], names=names)


def refused(seen: Seen, given: Tables) -> pa.Table:
    """Twin of lists.REFUSED: how many answers may not be shown."""
    may, there = candidates(seen), Counter(taken(seen))
    n = 0
    for pair in pairs(given["answers"]):
        if pair[1] is not None:
            n += max(there[pair], 1) if there[pair] or pair[1] not in may else 0
    return pa.table({"n": pa.array([n], pa.int64())})


def _by_person(
    table: pa.Table, may: set[Any], there: set[Pair]
) -> dict[Any, list[tuple[Any, float]]]:
    """What each person may be shown of a table of answers, with how strongly."""
    found: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
    for pair, said in zip(pairs(table), table["prediction"].to_pylist(), strict=True):
        if pair[1] in may and pair not in there:
            found[pair[0]].append((pair[1], said))
    return found


def _strongest(pair: tuple[Any, float]) -> tuple[float, Any]:
    return -pair[1], pair[0]


def _best(seen: Seen, best: pa.Table) -> list[tuple[Any, float]]:
    def read() -> list[tuple[Any, float]]:
        told = sorted(best.to_pylist(), key=lambda row: row["place"])
        return [(row["item"], float(row["takers"])) for row in told]

    return seen.ever("best", read)
