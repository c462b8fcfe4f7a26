"""Live: somebody asks the service, and a person answers in the machine's place while they wait."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from starlette.responses import Response

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.pages.known_rows import known_rows, titles
from stepladder.pages.routes import form
from stepladder.pages.seconds import seconds
from stepladder.pages.visit import Visit
from stepladder.project.how_to_answer import Way, asked_for, way
from stepladder.record.rows import Waiting
from stepladder.record.said import withdraw
from stepladder.record.waiting import answered, waiting
from stepladder.service.by_person import as_answer
from stepladder.service.refused import Refused
from stepladder.service.served import Served


def asked(visit: Visit, wrong: Problem | None = None) -> Response:
    """Whom somebody asks about now, the longest wait first; empty, it looks again by itself."""
    project = visit.project
    there = waiting(project.record, project.ask.question)
    first = there[0] if there else None
    case: dict[str, Any] = json.loads(first.key) if first else {}
    how = _way(visit, first, case) if first else None
    return visit.page(
        "live",
        422 if wrong else 200,
        words=project.words,
        asked=asked_for(project),
        served=visit.name in visit.standing.shelf.served,
        first=first,
        case=case,
        how=how,
        left=_left(first) if first else 0,
        behind=max(len(there) - 1, 0),
        offered=titles(project.question, _history(visit, first), how.keys)
        if first and how and how.kind == "picks"
        else [],
        known=known_rows(project.question, _history(visit, first), case) if first else [],
        wrong=wrong,
        shown=f"{time.time():.3f}",
    )


@form("/q/{name}/person/live", role="review")
def said(visit: Visit) -> Response:
    """An answer for whoever waits; it is noted with its moment, and belongs to no trial."""
    project = visit.project
    there = waiting(project.record, project.ask.question)
    number = visit.sent.get("waiting", "")
    one = next((each for each in there if str(each.id) == number), None)
    if one is None:
        raise _late()
    try:
        answer = _way(visit, one, json.loads(one.key)).read(visit.sent.get("said", ""))
    except Problem as problem:
        return asked(visit, problem)
    record, name, by = project.record, project.ask.question, visit.who.name
    act = record.answer(name, answer, by=by, as_of=one.as_of, seconds=seconds(visit))
    if not answered(record, one, act, as_answer(_served(visit), answer)):
        withdraw(record, name, act, by=by)
        raise _late()
    return visit.to(visit.at("person", live=1))


def _way(visit: Visit, one: Waiting, case: dict[str, Any]) -> Way:
    def published() -> list[pa.Table]:
        there = _served(visit).published
        (rows,) = there.rows([there.find(case)]) if there else ([],)
        return [pa.Table.from_pylist(rows)] if rows else []

    return way(visit.project, _history(visit, one), case, published)


def _history(visit: Visit, one: Waiting) -> History:
    project, when = visit.project, date.fromisoformat(one.as_of)

    def then() -> History:
        history = project.history()
        return history.at(min(when, history.now))

    key = ("asked live", visit.name, project.fingerprint, project.settings, one.as_of)
    return visit.standing.once(key, then)


def _served(visit: Visit) -> Served:
    found = visit.standing.shelf.served.get(visit.name)
    if found is None:
        raise Refused(
            409, "a project that is not in production", "live answers are for whoever asks the service",
            "ship the person as its rung: stepladder ship --rung r0_person --force REASON",
        )  # fmt: skip
    return found


def _left(one: Waiting) -> int:
    left = datetime.fromisoformat(one.until) - datetime.now(UTC)
    return max(round(left.total_seconds()), 0)


def _late() -> Refused:
    return Refused(
        409, "an answer for which nobody waits any more", "one answer is taken, and only in time",
        "open the page again: it shows who waits now",
    )  # fmt: skip
