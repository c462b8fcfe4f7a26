"""Why an item is recommended to a person: "because you took …", pointing at their own rows."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History
from stepladder.questions.recommend.emptied import emptied

# Where a rung cannot say itself: of the person's own items, those that the same people took as well.
NEAREST = """
with mine as (
  select likes.person, likes.item, max(likes.row) as row
  from likes join (select distinct person from answers) as a on likes.person = a.person
  group by likes.person, likes.item
),
pairs as (
  select distinct answers.person, answers.item, mine.item as own, mine.row
  from answers join mine on answers.person = mine.person where answers.item is not null
),
others as (
  select distinct likes.item, likes.person from likes
  where likes.item in (select item from pairs union select own from pairs)
),
counted as (
  select pairs.person, pairs.item, pairs.own, pairs.row, count(*) as n
  from pairs join others as a on pairs.item = a.item
    join others as b on pairs.own = b.item and a.person = b.person
  group by pairs.person, pairs.item, pairs.own, pairs.row
),
scored as (
  select counted.*, n / sqrt(cast(taken.raters as double) * (n + 5)) as likeness
  from counted join support as taken on counted.own = taken.item
),
ranked as (
  select person, item, row, row_number() over (
    partition by person, item order by likeness desc, own) as nth
  from scored
)
select person, item, row from ranked where nth <= 5 order by person, item, nth
"""
WORDS = """
select asked.nth, coalesce(items.title, cast(likes.item as varchar)) as title
from asked join likes on asked.row = likes.row and asked.person = likes.person
  left join items on likes.item = items.item
order by asked.nth, asked.place
"""
TITLED = "select table_.*, items.title from table_ left join items using (item) order by place"


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """The answers with `why`, at most five rows of the person's own, and `because`, in words.

    Where a list is empty, `because` says which rule emptied it.
    """
    rows = _given(answers, why) if why is not None else _nearest(history, answers)
    at = answers.column_names.index("why")
    table = answers.set_column(at, "why", pa.array(rows, pa.list_(pa.int64())))
    none = emptied(history, answers.filter(pc.is_null(answers["item"]))["person"])
    said = [
        none.get(person) if item is None else words
        for (person, item), words in zip(
            _pairs(answers), _words(history, answers, rows), strict=True
        )
    ]
    table = table.append_column("because", pa.array(said, pa.string()))
    return history.sql(TITLED, table_=table)


def _given(answers: pa.Table, why: pa.Table) -> list[list[int] | None]:
    said = dict(zip(_pairs(why), why["why"].to_pylist(), strict=True))
    return [said.get(pair) for pair in _pairs(answers)]


def _nearest(history: History, answers: pa.Table) -> list[list[int] | None]:
    found: dict[tuple[object, object], list[int]] = {}
    asked = answers.select(["person", "item"])
    for row in history.sql(NEAREST, answers=asked).to_pylist():
        found.setdefault((row["person"], row["item"]), []).append(row["row"])
    return [found.get(pair) for pair in _pairs(answers)]


def _pairs(answers: pa.Table) -> list[tuple[object, object]]:
    return list(zip(answers["person"].to_pylist(), answers["item"].to_pylist(), strict=True))


def _words(history: History, answers: pa.Table, rows: list[list[int] | None]) -> list[str | None]:
    persons = answers["person"].to_pylist()
    asked = [
        (i, place, persons[i], row)
        for i, mine in enumerate(rows)
        for place, row in enumerate((mine or [])[:3])
    ]
    if not asked:
        return [None] * len(rows)
    kinds = (pa.int64(), pa.int64(), answers["person"].type, pa.int64())
    columns = [pa.array(c, kind) for c, kind in zip(zip(*asked, strict=True), kinds, strict=True)]
    asked_table = pa.table(columns, ["nth", "place", "person", "row"])
    found = history.sql(WORDS, asked=asked_table)
    titles: dict[int, list[str]] = {}
    for nth, title in zip(found["nth"].to_pylist(), found["title"].to_pylist(), strict=True):
        titles.setdefault(nth, []).append(title)
    return [_sentence(titles.get(i)) for i in range(len(rows))]


def _sentence(titles: list[str] | None) -> str | None:
    if not titles:
        return None
    *most, last = dict.fromkeys(titles)
    return f"because you took {', '.join(most)} and {last}" if most else f"because you took {last}"


def liked(history: History, person: object, n: int) -> list[object]:
    """The person's latest items, oldest first."""
    kind = pa.scalar(person).type
    found = history.sql(
        f"""select likes.item, max(likes.time) as last from likes join who on likes.person = who.person
        group by likes.item order by last desc, likes.item limit {int(n)}""",
        who=pa.table({"person": pa.array([person], kind)}),
    )
    return list(reversed(pc.drop_null(found["item"]).to_pylist()))
