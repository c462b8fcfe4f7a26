"""From a rung's answers to the lists that are shown: filled up, held to the rules, and cut to k."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History, quoted
from stepladder.core.question import Completed, Reference

# the few rows stand on the right, where DuckDB makes a hash table of them
ALLOWED = """
select given.nth from candidates join given on candidates.item = given.item
  left join seen on given.person = seen.person and given.item = seen.item
where seen.item is null
"""


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """The list of every case, best first: KEYS…, prediction, low, high, place, why.

    Where a rung's own list is short, bestsellers follow, without a prediction. What may not be shown is
    taken out, whoever proposed it, and counted.
    """
    length = past.ask.settings.list_length
    given = answers.filter(pc.is_valid(answers["item"]))
    own = _allowed(given, past)
    full = _shortest(own, cases) >= length  # nothing is to be filled up
    ranked = _ranked(own, own.slice(0, 0) if full else _more(reference(), own, past), cases, length)
    if past.ask.settings.at_most:  # lists are longer, then, so that k are left
        ranked = _capped(ranked, past)
    empty = pa.nulls(ranked.num_rows, pa.float64())
    table = pa.table(
        {
            "person": ranked["person"],
            "item": ranked["item"],
            "prediction": ranked["prediction"],
            "low": empty,
            "high": empty,
            "place": ranked["place"].cast(pa.float64()),
            "why": pa.nulls(ranked.num_rows, pa.list_(pa.int64())),
        }
    )
    silent = cases.num_rows - pc.count_distinct(given["person"]).as_py()
    return Completed(table, silent, given.num_rows - own.num_rows)


def _allowed(given: pa.Table, past: History) -> pa.Table:
    """The answers that may be shown: candidates that are not seen already."""
    nth = pa.array(np.arange(given.num_rows))
    asked = given.select(["person", "item"]).append_column("nth", nth)
    return given.take(past.sql(ALLOWED, given=asked)["nth"])


def _more(usual: pa.Table, own: pa.Table, past: History) -> pa.Table:
    """What the reference lists beyond a rung's own answers."""
    keys = ["person", "item"]
    left = _allowed(usual.filter(pc.is_valid(usual["item"])), past).select([*keys, "prediction"])
    return left.join(own.select(keys), keys, join_type="left anti", use_threads=False)


def _shortest(own: pa.Table, cases: pa.Table) -> int:
    """The fewest items that a rung lists for anybody."""
    counts = pc.value_counts(own["person"].combine_chunks()).field("counts")
    return pc.min(counts).as_py() if len(counts) == cases.num_rows > 0 else 0


def _ranked(own: pa.Table, more: pa.Table, cases: pa.Table, length: int) -> pa.Table:
    """Every case's list, its own answers first: person, item, prediction, place; nulls where it is empty."""
    names, nulls = ["person", "item", "prediction"], pa.nulls(cases.num_rows)
    nothing = pa.table([cases["person"], nulls, nulls], names)
    parts = [own.select(names), more.select(names), nothing]
    table = pa.concat_tables(parts, promote_options="permissive")
    part = pa.array(np.repeat([0, 1, 2], [len(rows) for rows in parts]))
    nth = pc.index_in(table["person"], value_set=cases["person"])
    table = table.append_column("part", part).append_column("nth", nth).sort_by([
        ("nth", "ascending"), ("part", "ascending"), ("prediction", "descending"), ("item", "ascending"),
    ])  # fmt: skip
    nth, part = (table[name].to_numpy() for name in ("nth", "part"))
    place = np.arange(len(nth)) - np.searchsorted(nth, nth) + 1
    kept = pa.array((place <= length) & ((part < 2) | (place == 1)))
    columns = {
        "person": table["person"],
        "item": table["item"],
        "prediction": pc.if_else(pa.array(part == 0), table["prediction"], None),
        "place": pa.array(place, mask=part == 2),
    }
    return pa.table(columns).filter(kept)


def _capped(ranked: pa.Table, past: History) -> pa.Table:
    """The k best of each list, without those that would be one too many of their kind; places anew."""
    caps, k = past.ask.settings.at_most, past.ask.settings.k
    names = ", ".join(quoted(column) for column in caps)
    items = past.sql(f"select item, {names} from items").to_pylist()
    kinds = {row["item"]: [(c, kind) for c in caps for kind in _kinds(row[c])] for row in items}
    keep, places = [], []
    person, had, place = object(), Counter[tuple[str, str]](), 0
    for i, (who, item) in enumerate(
        zip(ranked["person"].to_pylist(), ranked["item"].to_pylist(), strict=True)
    ):
        if who != person:
            person, had, place = who, Counter(), 0
        if place == k:
            continue
        mine = kinds.get(item, ())
        if item is not None and any(had[kind] >= caps[kind[0]] for kind in mine):
            continue
        had.update(mine)
        place += item is not None
        keep.append(i)
        places.append(place if item is not None else None)
    kept = ranked.take(pa.array(keep, pa.int64()))
    at = kept.column_names.index("place")
    return kept.set_column(at, "place", pa.array(places, pa.int64()))


def _kinds(value: object) -> list[str]:
    """A column may hold several kinds, as in Comedy|Drama."""
    return [] if value is None else str(value).split("|")
