"""Try it yourself: a person answers about the past as if they were the model, beside the rungs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from starlette.responses import Response

from stepladder.core.errors import Problem
from stepladder.pages import live
from stepladder.pages.known_rows import known_rows, titles
from stepladder.pages.routes import form, page
from stepladder.pages.seconds import seconds
from stepladder.pages.visit import Visit
from stepladder.project import blind_trial
from stepladder.project.blind_trial import Done, Place, Said, Trial
from stepladder.project.how_to_answer import Way, answers_at, asked_for, way
from stepladder.service.refused import Refused

LAST = 10  # answers that may be changed


@page("/q/{name}/person", role="review")
def person(visit: Visit) -> Response:
    """The next case, what was said last, and how it stands; live, who waits for an answer now."""
    if visit.query.get("live"):
        return live.asked(visit)
    return _shown(visit, _trial(visit))


@form("/q/{name}/person", role="review")
def answered(visit: Visit) -> Response:
    """An answer, no opinion, or one step back."""
    trial = _trial(visit)
    if visit.sent.get("undo") or visit.sent.get("act") == "undo":
        _undo(trial, visit.sent.get("last", ""))
        return visit.to(visit.at("person"))
    place = _place(trial, visit.sent.get("place", ""))
    if place is None:  # it came twice
        return visit.to(visit.at("person"))
    if visit.sent.get("act") == "skip":
        trial.skip(place)
        return visit.to(visit.at("person"))
    try:
        said = _way(trial, place).read(visit.sent.get("said", ""))
    except Problem as problem:
        return _shown(visit, trial, problem)
    trial.answer(place, said, seconds(visit))
    return visit.to(visit.at("person"))


@form("/q/{name}/person/correct", role="review")
def corrected(visit: Visit) -> Response:
    """Another answer in place of one of the last."""
    trial, number = _trial(visit), visit.sent.get("number", "")
    one = next((each for each in _last(trial) if each.id == number and each.said), None)
    if one is None:
        raise Refused(
            422, "an answer that is none of your last", f"the last {LAST} may be changed",
            "see them below the case, and change one there",
        )  # fmt: skip
    place = next(each for each in trial.order if each.about == one.about)
    try:
        said = _way(trial, place).read(visit.sent.get("said", ""))
    except Problem as problem:
        return _shown(visit, trial, problem)
    trial.correct(one, said)
    return visit.to(visit.at("person"))


def _shown(visit: Visit, trial: Trial, wrong: Problem | None = None) -> Response:
    project, place = trial.project, trial.place
    how, missing = None, None
    if place:
        try:
            how = _way(trial, place)
        except Problem as problem:
            missing = problem
    return visit.page(
        "person",
        422 if wrong else 200,
        words=project.words,
        asked=asked_for(project),
        place=place,
        how=how,
        missing=missing,
        offered=_titles(trial, how, place) if how and place and how.kind == "picks" else [],
        known=known_rows(project.question, place.holdout.past, place.case) if place else [],
        last=[_row(trial, one) for one in reversed(_last(trial))],
        undoable=trial.done[-1].id if trial.done else "",
        counted=trial.counted,
        skipped=sum(not one.said for one in trial.done),
        agreement=agreement(*trial.agreed),
        wrong=wrong,
        shown=f"{time.time():.3f}",
    )


def agreement(same: int, twice: int) -> str:
    """How often somebody agrees with themselves, with a range once that says anything."""
    if not twice:
        return ""
    said = f"Of {twice} case{'s' * (twice > 1)} that came twice you said the same of {same}."
    if twice < 5:
        return said
    from scipy.special import betaincinv  # here, as pages need it seldom

    # Jeffreys' interval
    low, high = (betaincinv(same + 0.5, twice - same + 0.5, p) for p in (0.025, 0.975))
    low, high = (0.0 if not same else low), (1.0 if same == twice else high)
    return f"{said} Of 100 such cases that would be between {100 * low:.0f} and {100 * high:.0f}."


def _trial(visit: Visit) -> Trial:
    project, by = visit.project, visit.who.name

    def drawn() -> list[Place]:
        return blind_trial.order(project, by)

    key = ("blind trial", visit.name, project.fingerprint, project.settings, by)
    return blind_trial.trial(project, by, visit.standing.once(key, drawn))


def _place(trial: Trial, said: str) -> Place | None:
    """The case that a form is about; None where it was answered meanwhile. Raises Refused."""
    if trial.place and trial.place.id == said:
        return trial.place
    done = {one.about for one in trial.done}
    if any(place.id == said and place.about in done for place in trial.order):
        return None
    raise Refused(
        409, "a case whose turn it is not", "cases are drawn at random, and asked about one by one",
        "open the page again: it shows the next case",
    )  # fmt: skip


def _undo(trial: Trial, last: str) -> None:
    if trial.done and trial.done[-1].id == last:
        trial.undo(trial.done[-1])


def _way(trial: Trial, place: Place) -> Way:
    said = partial(answers_at, trial.project, place.case, place.holdout.name)
    past = place.holdout.past
    # worked out once: what is offered for a case stays the same, also where an answer is changed
    return past.once(f"how {place.about}", lambda: way(trial.project, past, place.case, said))


def _titles(trial: Trial, how: Way, place: Place) -> list[str]:
    past = place.holdout.past
    return past.once(
        f"offered {place.about}", lambda: titles(trial.project.question, past, how.keys)
    )


def _last(trial: Trial) -> list[Done]:
    return list(trial.done[-LAST:])


def _row(trial: Trial, one: Done) -> dict[str, object]:
    """One of the last answers, as it is shown and changed."""
    place = next((each for each in trial.order if each.about == one.about), None)
    how = None
    with suppress(Problem):
        how = _way(trial, place) if place and one.said else None
    said: Callable[[Said], str] = how.shown if how else lambda said: "no opinion"
    offered = _titles(trial, how, place) if how and place and how.kind == "picks" else []
    return {
        "one": one, "how": how, "said": said(one.said), "offered": offered, "as_of": one.about[0],
    }  # fmt: skip
