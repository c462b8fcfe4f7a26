"""Decide: the proposal, what is against it, a last look, and the act; and every decision so far."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from stepladder.core.ask import LAST
from stepladder.core.errors import Problem
from stepladder.core.files import read
from stepladder.pages.as_it_lies import as_it_lies
from stepladder.pages.jobs import start
from stepladder.pages.ladder import label_of
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.project.decide import decide, refuse_not_run
from stepladder.project.evidence import of_rung, place, seen
from stepladder.project.folder import Project
from stepladder.project.ground import Ground, Moved, ground, moved
from stepladder.record import Decision
from stepladder.report.evidence import ran
from stepladder.service.refused import Refused

LOOK_AGAIN = timedelta(days=91)


@page("/q/{name}/decide")
def looked_at(visit: Visit) -> Response:
    """Everything one should know before deciding, about the proposal or another rung."""
    project = visit.project
    today = ground(project)
    if not today.bakeoff:
        return visit.page("decide", seen=None, rungs=[], words=project.words)
    result = project.result(today.bakeoff)
    rung = visit.query.get("rung", "")[:200] or result.proposal.shown
    refuse_not_run(project, rung)
    rungs = [(row.rung, of_rung(result, row.rung)) for row in ran(result)]
    return visit.page(
        "decide", seen=seen(project, rung, today), rungs=rungs, ground=today,
        words=result.words, old=_old(project, today),
    )  # fmt: skip


@page("/q/{name}/decide/check", "decide")
def check(visit: Visit) -> Response:
    """What will happen, said once more, before it does."""
    sent = {name: visit.query.get(name, "") for name in ("rung", "ground")}
    return _check(visit, sent, _read(visit, sent["ground"]), [])


@form("/q/{name}/decide", "decide")
def act(visit: Visit) -> Response:
    """Decide. Where anything that was looked at has moved, nothing is written and it is told."""
    project = Project.open(visit.project.folder)
    rung, because, then = (
        visit.field("rung", 200), visit.field("because"), _read(visit, visit.sent.get("ground", ""))
    )  # fmt: skip
    try:
        number = decide(
            project, rung, by=visit.who.name, because=because, review=_day(visit),
            looked_at=then, request=visit.request,
        )  # fmt: skip
    except Moved:
        return _check(visit, dict(visit.sent), then, moved(then, ground(project)), 409)
    if visit.sent.get("ship"):
        return visit.to(visit.at("jobs", start(visit, "ship")))
    return visit.to(visit.at("decisions") + f"#decision-{number}")


@page("/q/{name}/decisions")
def listed(visit: Visit) -> Response:
    """Every decision so far, the newest first; the first one is in force."""
    project = visit.project
    there = project.record.decisions(project.ask.question)[::-1]
    names = {one.id: label_of(visit, project, one) for one in there}
    return visit.page("decisions", decisions=there, names=names, today=date.today().isoformat())


@page("/q/{name}/decisions/{number:int}")
def kept(visit: Visit) -> Response:
    """The page that a decision rests on, as it was seen; one that was altered is not shown."""
    project, number = visit.project, visit.places["number"]
    there = project.record.decisions(project.ask.question)
    found = next((one for one in there if str(one.id) == number), None)
    if found is None or not found.evidence:
        raise Refused(
            404,
            f"no page is kept with decision {number[:20]}"
            if found
            else f"no decision {number[:20]}",
            "pages are kept since decisions freeze what they rest on",
            "see all decisions",
        )
    return _shown(project, found)


def _shown(project: Project, decision: Decision) -> Response:
    try:
        body = read(place(project, decision.id, decision.evidence))
    except Problem:
        raise Refused(
            404,
            f"the page of decision {decision.id} is gone",
            f"it lies in decisions/ under its hash, {decision.evidence}",
            "put it back from a copy of the project",
        ) from None
    if hashlib.sha256(body).hexdigest() != decision.evidence:
        raise Refused(
            409,
            f"the page of decision {decision.id} was altered since",
            f"its hash, {decision.evidence}, stands in the record",
            "put it back from a copy of the project, and ask who changed it",
        )
    return as_it_lies(body.decode())


def _check(
    visit: Visit, sent: dict[str, str], then: Ground, moved_now: list[str], status: int = 200
) -> Response:
    project = Project.open(visit.project.folder)
    today = ground(project)
    rung = sent.get("rung", "")[:200]
    refuse_not_run(project, rung)
    if not moved_now and then != today:
        moved_now, status = moved(then, today), 409
    here: Any = project.record.decision(project.ask.question)
    return visit.page(
        "decide_check", status, seen=seen(project, rung, today), ground=today, moved=moved_now,
        before=here, before_rung=here and label_of(visit, project, here), sent=sent,
        review=sent.get("review") or (date.today() + LOOK_AGAIN).isoformat(),
        someone=here if here and here.id != then.decision else None,
    )  # fmt: skip


def _read(visit: Visit, text: str) -> Ground:
    try:
        return Ground.read(text)
    except Problem as problem:
        raise Refused(422, *problem.parts()) from None


def _day(visit: Visit) -> date | None:
    text = visit.sent.get("review", "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not date.today() <= found <= LAST:
        raise Refused(
            422, f"a day to look again: {text[:40]}", "a day from today on, written YYYY-MM-DD",
            "go back and choose one",
        )  # fmt: skip
    return found


def _old(project: Project, today: Ground) -> list[str]:
    """What has changed since the bake-off was run, which the decision would still rest on."""
    ran_on = project.record.bakeoff(today.bakeoff)
    found = []
    if ran_on.data_fingerprint != today.data:
        found.append("the data are newer than this bake-off")
    if ran_on.settings != project.settings:
        found.append("question.toml says something else than when it was run")
    return found
