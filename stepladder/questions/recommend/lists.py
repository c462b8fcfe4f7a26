"""From a rung's answers to the lists that are shown: filled up, held to the rules, and cut to k."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History, quoted
from stepladder.core.question import Completed, Reference

RANKED = """
with mine as (select person, item, prediction from answers where item is not null),
allowed as (
  select mine.person, mine.item, mine.prediction
  from mine join candidates on mine.item = candidates.item
    left join seen on mine.person = seen.person and mine.item = seen.item
  where seen.item is null
),
filled as (
  select person, item, prediction, prediction as strength, 0 as later from allowed
  union all
  select r.person, r.item, null as prediction, r.prediction as strength, 1 as later
  from reference as r join candidates on r.item = candidates.item
    left join seen on r.person = seen.person and r.item = seen.item
    left join allowed on r.person = allowed.person and r.item = allowed.item
  where seen.item is null and allowed.item is null
),
placed as (
  select person, item, prediction,
    row_number() over (partition by person order by later, strength desc, item) as place
  from filled
)
select nth, cases.person, placed.item, placed.prediction, placed.place
from cases left join placed on cases.person = placed.person
  cross join ask
where placed.place is null or placed.place <= list_length
order by nth, place
"""

REFUSED = """
select count(*) as n from answers left join candidates on answers.item = candidates.item
  left join seen on answers.person = seen.person and answers.item = seen.item
where answers.item is not null and (candidates.item is null or seen.item is not null)
"""


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """The list of every case, best first: KEYS…, prediction, low, high, place, why.

    Where a rung's own list is short, bestsellers follow, without a prediction. What may not be shown is
    taken out, whoever proposed it, and counted.
    """
    nth = pa.array(np.arange(cases.num_rows))
    refused = _refused(answers, past)
    full = not refused and _shortest(answers, cases) >= past.ask.settings.list_length
    usual = answers.slice(0, 0) if full else reference()  # nothing is to be filled up
    tables = {"answers": answers, "reference": usual}
    ranked = past.sql(RANKED, cases.append_column("nth", nth), **tables)
    if past.ask.settings.at_most:  # lists are longer, then, so that k are left
        ranked = _capped(ranked, past)
        short = pc.less_equal(ranked["place"], past.ask.settings.k)
        ranked = ranked.filter(pc.fill_null(short, True))
    own = pc.count_distinct(answers.filter(pc.is_valid(answers["item"]))["person"]).as_py()
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
    return Completed(table, cases.num_rows - own, refused)


def _shortest(answers: pa.Table, cases: pa.Table) -> int:
    """The fewest items that a rung lists for anybody."""
    listed = answers["person"].filter(pc.is_valid(answers["item"])).combine_chunks()
    counts = pc.value_counts(listed).field("counts")
    return pc.min(counts).as_py() if len(counts) == cases.num_rows > 0 else 0


def _refused(answers: pa.Table, past: History) -> int:
    """Answers that may not be shown: no candidate, or already seen."""
    return int(past.sql(REFUSED, answers=answers)["n"][0].as_py())


def _capped(ranked: pa.Table, past: History) -> pa.Table:
    """Lists without the items that would be one too many of their kind, best first; places anew."""
    caps = past.ask.settings.at_most
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
