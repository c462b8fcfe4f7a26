"""One case: what it did, what each rung says of it and what came, why, and from which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from stepladder.core.cases import kinds
from stepladder.core.errors import Problem
from stepladder.core.question import Question, case_word
from stepladder.core.view import Example, View
from stepladder.pages.answered import Answered, Ground
from stepladder.pages.courses import laid
from stepladder.pages.dots import Dots, dots
from stepladder.pages.predictions import looked_up, names_of, stories, told, which
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.project.one_story import Stories, rows_of
from stepladder.project.report import chart_of
from stepladder.report.strip_chart import line
from stepladder.report.words import number
from stepladder.service.refused import Refused

FEW = 3  # items of a list, named in a table
REASONS = 12  # answers of one case that say why
NEAR = 0.25  # of what is said of a case: whoever is further off is not like it
LIKE = 200  # cases of whom about as much was said


@dataclass(frozen=True)
class Said:
    """What a rung said of the case, in ready words, and whether it is the one that is shown."""

    rung: str
    words: str
    range: str
    shown: bool


@dataclass(frozen=True)
class Reason:
    """Why an answer is as it is: of which of its rows, in words, and the rows of the data."""

    about: str
    because: str
    rows: tuple[int, ...]


@page("/q/{name}/case")
def case(visit: Visit) -> Response:
    """/q/shop/case?customer=4."""
    ground, question = Ground.of(visit.project), visit.project.question
    who = _who(visit)
    found, past = looked_up(visit, ground, ""), stories(visit, ground)
    view = past.view(who) if past else None
    now = _explained(visit, found[0], rows_of(found[0].path, who), view) if found else None
    if not (now is not None and now.num_rows) and not (past and view and _known(past, view, who)):
        raise _stranger(visit, who)
    story = past.story(view, who) if past and view else None
    return visit.page(
        "case",
        words=visit.project.words, case=who.to_pylist()[0], word=case_word(question), story=story,
        id=_id(who), strip=line(story.strip) if story and story.strip else None,
        course=laid(story.course) if story and story.course else None,
        listed=_listed(story),
        said=_each(past, view, question) if past and view else [],
        came=_came(view, question) if view else "", last=past.last if past else None,
        which=which(visit, found[0]) if found else "",
        now=in_words(question, now) if now is not None and now.num_rows else None,
        ranged=question.INTERVALS is not None and question.KEYS == question.CASE,
        counted=_counted(visit), extras=_extras(question, now, names_of(visit)),
        drawn=_drawn(visit, ground, now),
        reasons=_reasons(question, now) if now is not None else [],
        means=question.PREDICTION.format(horizon=visit.project.ask.horizon),
    )  # fmt: skip


def _who(visit: Visit) -> pa.Table:
    """The case that an address names. Raises Refused where it names none."""
    question = visit.project.question
    fields = visit.standing.once(
        (
            "kinds",
            visit.name,
            tuple(source.cleaned for source in visit.project.ask.tables.values()),
        ),
        lambda: kinds(question, visit.project.history()),
    )
    given = {name: visit.query.get(name, "") for name in question.CASE}
    if missing := [name for name, text in given.items() if not text]:
        raise Refused(422, f"an address that names no {missing[0]}",
                      f"a case is named by {' and '.join(question.CASE)}",
                      "choose one on the page of the predictions")  # fmt: skip
    try:
        return pa.table({f.name: pa.array([given[f.name]]).cast(f.type) for f in fields})
    except pa.ArrowInvalid:
        raise _stranger(visit, pa.table({name: [text] for name, text in given.items()})) from None


def _id(who: pa.Table) -> str:
    return "/".join(str(value) for value in who.to_pylist()[0].values())


def _stranger(visit: Visit, who: pa.Table) -> Refused:
    word = case_word(visit.project.question)
    return Refused(
        404, f"there is no {word} {_id(who)[:80]!r} here",
        f"a {word} is known by the id in the data; of somebody who was forgotten nothing is left",
        "search on the page of the predictions",
    )  # fmt: skip


def _known(past: Stories, view: View, who: pa.Table) -> bool:
    return any(table.num_rows for table in view.at_cutoff.values()) or past.is_known(who)


def in_words(question: Question, rows: pa.Table) -> tuple[str, str]:
    """A case's answer in ready words, and below it its range, or what it is made of."""
    kind = "share" if question.INTERVALS == "share" else "number"
    further = [name for name in question.KEYS if name not in question.CASE]
    if not further:
        row = rows.to_pylist()[0]
        both = row["low"] is not None and row["high"] is not None
        return told(kind, row["prediction"]), (
            f"{told(kind, row['low'])} to {told(kind, row['high'])}" if both else ""
        )
    if pa.types.is_temporal(rows[further[0]].type):
        total = pc.sum(rows["prediction"]).as_py()
        return number(total), f"in {rows.num_rows:,} periods"
    shown = [row for row in rows.to_pylist() if row[further[0]] is not None]
    if question.INTERVALS is not None:
        shown.sort(key=lambda row: -(row["prediction"] or 0))
        return ", ".join(f"{r[further[0]]}: {told(kind, r['prediction'])}" for r in shown[:FEW]), ""
    more = len(shown) - FEW
    named = (str(row.get("title") or row[further[0]]) for row in shown[:FEW])
    said = ", ".join(named) or "an empty list"
    return said, f"and {more:,} more" if more > 0 else ""


def _each(past: Stories, view: View, question: Question) -> list[Said]:
    """Each rung's answer at the exam, from the foot of the ladder up."""
    return [
        Said(past.labels[rung], *in_words(question, view.at_cutoff[rung]), rung == past.shown)
        for rung in past.ran
        if rung in view.at_cutoff and view.at_cutoff[rung].num_rows
    ]


def _came(view: View, question: Question) -> str:
    """What came of the case after the exam, in words; nothing where it is not known yet."""
    rows = [row for row in view.outcome.to_pylist() if row["actual"] is not None]
    further = [name for name in question.KEYS if name not in question.CASE]
    if not rows:
        return "not known yet" if question.INTERVALS else ""
    if not further:
        actual = rows[0]["actual"]
        return actual if isinstance(actual, str) else number(float(actual))
    if pa.types.is_temporal(view.outcome[further[0]].type):
        return f"{number(float(sum(row['actual'] for row in rows)))} in {len(rows):,} periods"
    true = [str(row[further[0]]) for row in rows if row["actual"]]
    return ", ".join(true[:FEW]) + (f" and {len(true) - FEW:,} more" if len(true) > FEW else "")


def _listed(story: Example | None) -> dict[str, Any] | None:
    """The lists of a story as the report shows them side by side."""
    if story is None or not story.lists:
        return None
    places = max(len(each.entries) for each in story.lists)
    return {"example": story, "places": places, "source": story.table, "first": False}


def _counted(visit: Visit) -> str:
    """What a case's number counts: purchases; nothing where it adds up to none, or is a share."""
    if visit.project.question.INTERVALS == "share":
        return ""
    counted: str = chart_of(visit.project.ask.question).COUNTED
    return counted


def _extras(
    question: Question, now: pa.Table | None, names: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What else is said of the case now."""
    if now is None or not now.num_rows or question.KEYS != question.CASE:
        return []
    row = now.to_pylist()[0]
    return [
        (names.get(name, name), row[name] if kind == "text" else told(kind, row[name]))
        for name, kind in question.EXTRAS.items()
        if row.get(name) is not None
    ]


def _drawn(visit: Visit, ground: Ground, now: pa.Table | None) -> Dots | None:
    """What came, at the exam, of those of whom about as much was said: where the answer is one number."""
    question, result = visit.project.question, ground.result
    counted = question.INTERVALS in ("count", "number") and question.KEYS == question.CASE
    if not (counted and result and now is not None and now.num_rows):
        return None
    said = now["prediction"][0].as_py()
    past = looked_up(visit, ground, result.windows[-1].called)
    if past is None or said is None:
        return None
    query = (
        "select came from listing where came is not null and abs(prediction - ?) <= ? "
        "order by abs(prediction - ?), _id limit ?"
    )
    near = max(NEAR * abs(said), NEAR)
    return dots([came for (came,) in past[1].asked(query, [said, near, said, LIKE]).fetchall()])


def _reasons(question: Question, now: pa.Table) -> list[Reason]:
    """Why, in words and rows; what is the same of several answers is said once."""
    further = [name for name in question.KEYS if name not in question.CASE]
    found: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for row in now.slice(0, REASONS).to_pylist():
        why = row.get("because") or "", tuple(row.get("why") or ())
        if any(why):
            found.setdefault(why, []).append(_about(row, further))
    alone = len(found) == 1  # what is the same of all that is said needs no names
    return [Reason("" if alone else ", ".join(about), *why) for why, about in found.items()]


def _explained(visit: Visit, said: Answered, rows: pa.Table, view: View | None) -> pa.Table:
    """With why, as it was published; of a bake-off's own answers as its rung, or the question, says it."""
    if not rows.num_rows or "because" in rows.column_names:
        return rows
    try:
        if said.window and view is not None:
            return view.explained(rows)
        history = view.history if view is not None else visit.project.history()
        return visit.project.question.explain(history, rows, None)
    except Problem:
        return rows  # the model is gone: the answer stands without its reasons


def _about(row: Mapping[str, Any], further: list[str]) -> str:
    """Which of a case's answers it is about."""
    return str(row.get("title") or " ".join(str(row[name]) for name in further)) if further else ""
