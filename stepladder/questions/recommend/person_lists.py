"""What a person had, what each rung would have shown them, and what they went on to take: with titles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.view import Entry, Listed, View
from stepladder.questions.recommend import truth

LATEST, CAME = 8, 6  # items named of the past, and of what came
LONG, BECAUSE = 46, 150  # letters of a title, and of the words why
# rows laid over are dated just before the cutoff; the page says when they really were
PAST = """
select known.person, known.item, max(really.time) as time
from likes as known join who on known.person = who.person
  join really on known.row = really.row and known.person = really.person
group by known.person, known.item order by time desc, known.item
"""
REALLY = (
    "select likes.person, likes.row, likes.time from likes join who on likes.person = who.person"
)
TITLES = "select items.item, items.title from items join wanted on items.item = wanted.item"


class Asked(NamedTuple):
    """A person, and who had to be asked for them: themselves, or a stranger."""

    person: Any
    asked: Any


@dataclass(frozen=True)
class Story:
    """One person's, in ready words."""

    past: tuple[tuple[str, str], ...]
    lists: tuple[Listed, ...]
    came: str


def tell(view: View, people: list[Asked], rungs: list[str]) -> list[Story]:
    """The stories of these persons, in their order, with these rungs' lists side by side."""
    if not people:
        return []
    past, came = _past(view, people), _came(view, people)
    given = {name: _given(view, name, people) for name in rungs}
    why = _why(view, people)
    titles = _titles(view, [past, came, *given.values()])

    def listed(name: str, who: Asked) -> Listed:
        hits, mine = set(came.get(who, ())), name == view.rung
        entries = tuple(
            Entry(
                titles[item], item in hits, *(why.get((who.asked, item), ("", ())) if mine else ())
            )
            for item in given[name].get(who.asked, ())
        )
        return Listed(view.labels[name], entries, mine)

    return [
        Story(
            tuple((titles[item], when) for item, when in past.get(who.asked, {}).items()),
            tuple(listed(name, who) for name in given),
            _took([titles[item] for item in came.get(who, ())]),
        )
        for who in people
    ]


def short(title: str, most: int = LONG) -> str:
    """A title that fits into a column; people write what they like."""
    said = " ".join(title.split())
    return said if len(said) <= most else f"{said[: most - 1].rstrip()}…"


def in_order(view: View, other: str) -> list[str]:
    """The rung that the page is about, what it is held against, and the others from the highest down."""
    wanted = dict.fromkeys([view.rung, other, *sorted(view.at_cutoff, reverse=True)])
    return [name for name in wanted if name in view.at_cutoff]


def _who(view: View, people: list[Any]) -> pa.Table:
    kind = view.exam.cases["person"].type
    return pa.table({"person": pa.array(list(dict.fromkeys(people)), kind)})


def _past(view: View, people: list[Asked]) -> dict[Any, dict[Any, str]]:
    """Per person asked about, the latest items they had, and when they took them."""
    who = _who(view, [each.asked for each in people])
    really = view.exam.later.sql(REALLY, who=who)
    found: dict[Any, dict[Any, str]] = {}
    for row in view.exam.known.sql(PAST, who=who, really=really).to_pylist():
        mine = found.setdefault(row["person"], {})
        if len(mine) < LATEST:
            mine[row["item"]] = f"{row['time'].day} {row['time']:%b %Y}"
    return found


def _came(view: View, people: list[Asked]) -> dict[Asked, list[Any]]:
    """What each went on to take."""
    known, later, cases = view.exam
    came = truth.came(known, later, cases)
    some = came.filter(
        pc.is_in(came["person"], value_set=_who(view, [p.person for p in people])["person"])
    )
    found: dict[Asked, list[Any]] = {}
    for row in some.to_pylist():
        found.setdefault(Asked(row["person"], row["asked"]), []).append(row["item"])
    return found


def _given(view: View, rung: str, people: list[Asked]) -> dict[Any, list[Any]]:
    """What a rung listed for each of those asked about, best first."""
    found: dict[Any, list[Any]] = {}
    for row in _answers(view, rung, people).sort_by("place").to_pylist():
        found.setdefault(row["person"], []).append(row["item"])
    return found


def _answers(view: View, rung: str, people: list[Asked]) -> pa.Table:
    table, who = view.at_cutoff[rung], _who(view, [each.asked for each in people])
    mine = pc.is_in(table["person"], value_set=who["person"])
    return table.filter(pc.and_(mine, pc.is_valid(table["item"])))


def _why(view: View, people: list[Asked]) -> dict[tuple[Any, Any], tuple[str, tuple[int, ...]]]:
    """Per person asked about and item of the shown rung's list: why, in words and in rows."""
    if view.rung not in view.at_cutoff:
        return {}
    answers = _answers(view, view.rung, people)
    if not answers.num_rows:
        return {}
    return {
        (row["person"], row["item"]): (short(row["because"], BECAUSE), tuple(row["why"] or ()))
        for row in view.explained(answers).to_pylist()
        if row["because"]
    }


def _titles(view: View, found: list[Any]) -> dict[Any, str]:
    """The title of every item named; where there is none, its number."""
    items = list(dict.fromkeys(i for each in found for mine in each.values() for i in mine))
    kind = view.exam.known.sql("select item from support limit 0").schema.field(0).type
    wanted = pa.table({"item": pa.array(items, kind)})
    known = {r["item"]: r["title"] for r in view.exam.known.sql(TITLES, wanted=wanted).to_pylist()}
    return {item: short(known.get(item) or f"No. {item}") for item in items}


def _took(titles: list[str]) -> str:
    if not titles:
        return "Afterwards: nothing that counts."
    more = f" and {len(titles) - CAME:,} more" if len(titles) > CAME else ""
    return f"Afterwards they took {'; '.join(titles[:CAME])}{more}."
