"""Predictions: searched, filtered, sorted, page by page; those that count now, and those of the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from stepladder.core import rooms
from stepladder.core.question import case_word, many
from stepladder.pages.answered import Answered, Ground
from stepladder.pages.listing import ID, Listing, listing
from stepladder.pages.paging import KEYSET, Sought, address, orders, page, sought, statement
from stepladder.pages.routes import page as route
from stepladder.pages.visit import Visit
from stepladder.project.one_story import Stories
from stepladder.project.report import chart_of
from stepladder.project.said import threads
from stepladder.project.spreadsheet import to_csv
from stepladder.report.words import day, number
from stepladder.service.refused import Refused

AT_ONCE = 50_000  # rows of a CSV file that are held at once


@dataclass(frozen=True)
class Line:
    """A case's row: whose it is, where it is opened, and its cells in ready words."""

    case: dict[str, Any]
    id: str
    cells: tuple[tuple[str, str], ...]  # what is said, and what stands small below it


@route("/q/{name}/predictions")
def predictions(visit: Visit) -> Response:
    """A page of them."""
    ground = Ground.of(visit.project)
    found = looked_up(visit, ground, visit.query.get("at", ""))
    if found is None:
        return visit.page("predictions", rows=None, words=visit.project.words)
    said, there = found
    question, case = visit.project.question, case_word(visit.project.question)
    asked = sought(there, visit.query, case)
    rows, more = page(there, asked)
    if asked.last and not rows:
        raise Refused(404, "a page beyond the end", "the pages of predictions end before it",
                      "go back to the first: " + visit.at("predictions", **_kept(visit)))  # fmt: skip
    return visit.page(
        "predictions",
        words=visit.project.words, said=said, there=there, asked=asked, case=case, cases=many(case),
        means=question.PREDICTION.format(horizon=visit.project.ask.horizon),
        headings=_headings(visit, there), rows=[_line(there, row, question.LABELS) for row in rows],
        orders=orders(there, case, names_of(visit)), names=names_of(visit),
        windows=_windows(ground), which=which(visit, said), id=ID,
        further=_further(visit, there, asked, rows, more), csv=visit.at("predictions.csv", **_kept(visit)),
        query=visit.query, marks=_marks(visit, rows),
    )  # fmt: skip


@route("/q/{name}/predictions.csv")
def as_csv(visit: Visit) -> Response:
    """All that the filters leave, in the same order, for a spreadsheet."""
    found = looked_up(visit, Ground.of(visit.project), visit.query.get("at", ""))
    if found is None:
        raise Refused(404, "nothing was predicted here yet", "a file holds predictions",
                      "run a bake-off: stepladder bakeoff")  # fmt: skip
    there = found[1]
    query, values = statement(there, sought(there, _kept(visit), case_word(visit.project.question)))
    room = rooms.made()
    try:
        batches = there.asked(query, values).to_arrow_reader(AT_ONCE)
        left = {ID, "_by"}
        tables = (pa.Table.from_batches([one]) for one in batches)
        told = (_for_people(one, left) for one in _at_least_one(tables, batches.schema))
        to_csv(told, room / "predictions.csv")
    except BaseException:
        rooms.gone(room)
        raise
    return FileResponse(room / "predictions.csv", media_type="text/csv; charset=utf-8",
                        filename=f"{visit.name}-predictions.csv",
                        background=BackgroundTask(rooms.gone, room))  # fmt: skip


def looked_up(visit: Visit, ground: Ground, window: str) -> tuple[Answered, Listing] | None:
    """The answers of a past window, or those that count now, laid out; None before there are any."""
    said = ground.answered(window)
    if said is None:
        return None
    past = stories(visit, ground) if said.window else None
    came = None if past is None else partial(past.came, said.window)
    return said, listing(visit.standing, visit.project, visit.name, said, came)


def stories(visit: Visit, ground: Ground) -> Stories | None:
    """What the latest bake-off knows of cases, laid out once; None before there is one."""
    project, result, slot = ground.project, ground.result, ("stories", visit.name)
    if result is None:
        return None
    there = visit.standing.kept.get(slot)
    if there and there[0] is project and there[1].result.id == result.id:
        found: Stories = there[1]
        return found
    made = Stories.of(project, result)
    with visit.standing.lock:
        visit.standing.kept[slot] = project, made
    return made


def _kept(visit: Visit) -> dict[str, str]:
    """What an address says of which rows in which order, without where a page begins."""
    return {key: text for key, text in visit.query.items()
            if key not in ("after", "before") and not key.startswith(KEYSET)}  # fmt: skip


def _further(
    visit: Visit, there: Listing, asked: Sought, rows: list[dict[str, Any]], more: bool
) -> dict[str, str]:
    """Where the pages before and behind are."""
    if not rows:
        return {}
    kept, found = _kept(visit), {}
    if asked.last and (more or not asked.back):
        found["back"] = visit.at("predictions", **kept, **address(there, rows[0], True))
    if more or asked.back:
        found["on"] = visit.at("predictions", **kept, **address(there, rows[-1], False))
    if asked.last:
        found["first"] = visit.at("predictions", **kept)
    return found


def _windows(ground: Ground) -> list[tuple[str, str]]:
    """The past moments of the latest bake-off, the last first: name, in words."""
    windows = ground.result.windows if ground.result else ()
    return [(each.called, day(each.called)) for each in reversed(windows)]


def which(visit: Visit, said: Answered) -> str:
    """Of which day these answers are, and by which rung, in a sentence or two."""
    if said.what == "published":
        return f"Published, as of {day(said.day)}, by “{said.title}”."
    if said.what == "now":
        return (
            f"What “{said.title}” says as of {day(said.day)}, from the latest bake-off; "
            "it is not in production."
        )
    begun = "" if visit.query.get("at") else "Nothing is published yet. "
    return (
        f"{begun}What “{said.title}” said at {day(said.window)}, knowing nothing of what came after; "
        "and beside it what came."
    )


def _headings(visit: Visit, there: Listing) -> list[tuple[str, bool]]:
    """The columns, and whether each holds figures."""
    answer = chart_of(visit.project.ask.question).ANSWER
    first = [
        ("list", False),
        ("score" if visit.project.question.INTERVALS is None else answer, True),
    ]
    made = first if there.several == "items" else [(answer, True)]
    names = names_of(visit)
    made += [(names.get(name, name), True) for name in there.numbers if name != "prediction"]
    return [*made, *((names.get(name, name), False) for name in there.texts)]


def names_of(visit: Visit) -> Mapping[str, str]:
    """What the question calls its further columns, for people; a question that says nothing calls them so."""
    return getattr(chart_of(visit.project.ask.question), "NAMES", {})


def _line(there: Listing, row: Mapping[str, Any], labels: Mapping[str, float]) -> Line:
    cells = [_items(row)] if there.several == "items" else []
    cells.append((told(there.numbers["prediction"], row["prediction"]), _below(there, row)))
    for name, kind in there.numbers.items():
        if name != "prediction":
            cells.append((signed(row[name]) if name == "surprise" else told(kind, row[name]), ""))
    cells += [(row[name] or "–", "") for name in there.texts]
    return Line({name: row[name] for name in there.case}, row[ID], tuple(cells))


def _marks(visit: Visit, rows: list[dict[str, Any]]) -> dict[int, int]:
    """How many things were said of each case of the page, by its place in it, where there are any."""
    case = visit.project.question.CASE
    said = Counter(tuple(one.case.get(name) for name in case) for one in threads(visit.project))
    found = {place: said[tuple(row[name] for name in case)] for place, row in enumerate(rows)}
    return {place: many for place, many in found.items() if many}


def _below(there: Listing, row: Mapping[str, Any]) -> str:
    """What stands below a prediction: its range, or what it is added up of."""
    if there.several == "periods":
        return f"in {row['_n']} periods: {number(row['_first'])} first, {number(row['_last'])} last"
    if there.several or row["low"] is None or row["high"] is None:
        return ""
    kind = there.numbers["prediction"]
    return f"{told(kind, row['low'])} to {told(kind, row['high'])}"


def _items(row: Mapping[str, Any]) -> tuple[str, str]:
    shown = row["_items"] or []
    more = row["_n"] - len(shown)
    return ", ".join(shown) or "an empty list", f"and {more:,} more" if more > 0 else ""


def told(kind: str, value: float | None) -> str:
    """A number as people say it: a share as so many of 100."""
    if value is None:
        return "–"
    if kind != "share":
        return number(value)
    many = 100 * value
    return f"{many:.0f} of 100" if many >= 1 or many == 0 else "fewer than 1 of 100"


def signed(value: float | None) -> str:
    """How much more came than was said, with its sign."""
    if value is None:
        return "–"
    return f"+{number(value)}" if value > 0 else number(value)


def _at_least_one(tables: Any, schema: pa.Schema) -> Any:
    """The tables, or an empty one, so that a file has its header."""
    first = next(tables, None)
    yield schema.empty_table() if first is None else first
    yield from tables


def _for_people(table: pa.Table, left: set[str]) -> pa.Table:
    """Without what only we need, and under names that say what it is."""
    names = {"_n": "rows", "_first": "first", "_last": "last", "_items": "items"}
    kept = table.select([name for name in table.column_names if name not in left])
    if "_items" in kept.column_names:
        at = kept.column_names.index("_items")
        kept = kept.set_column(at, "_items", pc.binary_join(kept["_items"], "; "))
    return kept.rename_columns([names.get(name, name) for name in kept.column_names])
