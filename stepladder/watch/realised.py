"""What the stored predictions were worth, against what the bake-off led us to expect of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.person import is_person, only
from stepladder.bakeoff.result import Result, Window
from stepladder.bakeoff.totals import how_sure, plan
from stepladder.core import own_loss
from stepladder.core.errors import CannotStand, Problem, Unusable
from stepladder.core.history import History
from stepladder.project.all_cases import cases_of
from stepladder.project.folder import Project
from stepladder.project.judged import as_chosen, changed
from stepladder.project.reference import reference
from stepladder.record import Stored
from stepladder.report.words import label
from stepladder.watch import judgement, stored
from stepladder.watch.findings import Calibrated, Judgement, Realised, Trouble

SHARE = 0.25  # of the year's alarms; the rest is for the inputs
MOST = 4  # spans that are judged
LEAST = 3  # spans before one can be said to differ from them
TESTS, LOOKS = 3, 4  # loss, gain, total; looks at one horizon that tell us something new


def realised(project: Project, history: History) -> Realised:
    """Judge the decided rung's stored predictions whose horizon has ended. Raises Problem without one."""
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "what is watched are the predictions of the rung that the business decided on",
            "stepladder decide RUNG --by NAME --because TEXT",
        )
    project, level = as_chosen(project, decision), confidence(project)
    said = stored.first_said(project, decision.rung, history.now)
    now = ended(project, history, said, level)
    then = list(in_bakeoff(project, history, decision.rung, decision.bakeoff, level))
    found = Realised(
        rung=decision.rung,
        windows=tuple(now.judged),
        bakeoff=tuple(each for each, _ in then),
        calibration=_planned(
            _beside(now.calibrated, [total for _, total in then if total is not None]), now, then
        ),
        learnt=stored.learnt(said),
        due="" if now.judged else _due(said, project.ask.known_after, history.now),
        missing=tuple(now.missing),
        afterwards=tuple(now.afterwards),
        called=_called(project, decision.rung),
        reference=reference(project),
        loss=project.question.LOSS if (text := own_loss.text_of(project.question)) else "",
        loss_changed=changed(project.folder, text, "the rung was decided on"),
    )
    return replace(found, verdict=verdict(found, level))


def confidence(project: Project) -> float:
    """How wide an interval must be that all the looks of a year together keep to their share of alarms."""
    a_year = TESTS * LOOKS * max(365 / project.ask.horizon, 1.0)
    # one side of each interval raises the alarm
    return max(1 - 2 * SHARE * project.ask.watch.alarms_per_year / a_year, 0.95)


def verdict(found: Realised, level: float) -> str:
    """What the latest span says: "as good", "less gain", "no gain" or "worse"; "" where there is none."""
    if not found.windows:
        return ""
    last, *before = found.windows
    before += [b for b in found.bakeoff if all(_apart(b, w) for w in found.windows)]
    if last.gain is None:  # the reference itself: only its loss can be compared
        return "worse" if fell(-last.loss, [-w.loss for w in before], level) else "as good"
    if _lost(found):
        return "no gain"
    gains = [w.gain for w in before if w.gain is not None]
    return "less gain" if fell(last.gain, gains, level) else "as good"


def _apart(one: Judgement, other: Judgement) -> bool:
    return one.until <= other.as_of or other.until <= one.as_of


def fell(last: float, before: list[float], level: float) -> bool:
    """Whether a span lies below what spans before it let expect of one more (a prediction interval).

    Spans differ by more than chance within each: how much, only spans can tell, and few tell little, so
    the interval is Student's. Fewer than three tell nothing.
    """
    if len(before) < LEAST:
        return False
    from scipy.special import stdtrit

    wide = np.std(before, ddof=1) * (1 + 1 / len(before)) ** 0.5
    return bool(last < np.mean(before) - stdtrit(len(before) - 1, (1 + level) / 2) * wide)


def _lost(found: Realised) -> bool:
    """Whether it beat the reference at every moment of the bake-off, and at neither of the last two since.

    One span alone says little: what was barely sure then is not sure half of the time.
    """
    then, now = ([w.gain_low or 0.0 for w in each] for each in (found.bakeoff, found.windows[:2]))
    return bool(then) and min(then) > 0 and len(now) == 2 and max(now) <= 0


def _beside(found: Calibrated | None, then: list[float]) -> Calibrated | None:
    """The total beside the bake-off's: off is what lies surely further out than it ever did there."""
    if found is None:
        return None
    most, least = max((1.0, *then)), min((1.0, *then))
    off = "too high" if found.total_low > most else "too low" if found.total_high < least else ""
    return replace(found, then=tuple(then), off=off)


def _planned(
    found: Calibrated | None, now: Ended, then: list[tuple[Judgement, float | None]]
) -> Calibrated | None:
    """With what the next span may bring for each one forecast, by the spread of spans that do not overlap."""
    if found is None or found.total <= 0:
        return found
    apart, ratios = now.judged[:1], [1 / found.total]
    for one, total in reversed(then):
        if total and all(_apart(one, other) for other in apart):
            apart.append(one)
            ratios.append(1 / total)
    low, high, sure = plan(ratios)
    return replace(found, plan=(low, high), planned=how_sure(len(ratios), sure))


def _due(said: list[Stored], horizon: int, now: date) -> str:
    """The day from which the earliest stored predictions can be judged."""
    ends = [date.fromisoformat(s.as_of) + timedelta(days=horizon) for s in said]
    later = (end for end in ends if end > now)
    return min(later, default=now + timedelta(days=horizon)).isoformat()


def _called(project: Project, rung: str) -> str:
    """The rung's name in words; a rung whose file is gone is called by its name."""
    titles = {each.name: each.title for each in project.ladder}
    return label(rung, titles.get(rung, ""))


@dataclass
class Ended:
    """The spans judged, the latest first, the latest one's calibration, and what could not be judged."""

    judged: list[Judgement] = field(default_factory=list)
    calibrated: Calibrated | None = None
    missing: list[Trouble] = field(default_factory=list)
    afterwards: list[str] = field(
        default_factory=list
    )  # days whose predictions were made after all that


def ended(project: Project, history: History, said: list[Stored], level: float) -> Ended:
    """Judge what was stored for days whose horizon has ended; spans do not overlap."""
    found, left, upto = Ended(), list(said), history.now
    while len(found.judged) < MOST:
        one = next(stored.disjoint(left, project.ask.known_after, upto), None)
        if one is None:
            break
        left = left[left.index(one) + 1 :]
        try:
            if _one(project, history, one, level, found):
                upto = date.fromisoformat(one.as_of)
        except Problem as problem:
            found.missing.append(Trouble(*problem.parts()))
        except (CannotStand, duckdb.Error, pa.ArrowException) as error:
            found.missing.append(_trouble(one, error))
    return found


def _one(project: Project, history: History, one: Stored, level: float, found: Ended) -> bool:
    """One span beside the reference, asked anew as of the same day; whether anything came of it."""
    question, as_of = project.question, date.fromisoformat(one.as_of)
    said, everybody = stored.read(project, one, judgement.moment(history, as_of))
    stored.same_question(project, one)
    at = judgement.window(question, history, as_of, said, everybody)
    usual = reference(project)
    other = judgement.reference(question, project.rung(usual), at)
    said = judgement.completed(question, said, other, at)
    same = one.rung == usual
    judged = judgement.judge(question, said, None if same else other, at, level)
    if judged is None:
        return False
    found.judged.append(judged)
    if one.time[:10] > judged.until:
        found.afterwards.append(one.as_of)
    if found.calibrated is None and question.INTERVALS is not None:
        found.calibrated = judgement.calibrate(question, said, at, level)
    return True


def _trouble(one: Stored, error: Exception) -> Trouble:
    return Trouble(
        f"the predictions as of {one.as_of} cannot be judged: {str(error).splitlines()[0]}",
        "stored predictions name cases as the data do, and the reference can be asked about them",
        "make them anew: stepladder predict; the other days are judged without them",
    )


def in_bakeoff(
    project: Project, history: History, rung: str, number: int | None, level: float
) -> Iterator[tuple[Judgement, float | None]]:
    """The bake-off's own answers judged in the same way, and their total for each one that came."""
    try:
        result = project.result(number)
    except Unusable:
        raise
    except Problem:
        return
    for window in result.windows if result.horizon == project.ask.horizon else ():
        over = date.fromisoformat(window.until) <= history.now
        if window.role != "calibrate" and over:
            yield from _then(project, history, rung, result, window, level)


def _then(
    project: Project, history: History, rung: str, result: Result, window: Window, level: float
) -> Iterator[tuple[Judgement, float | None]]:
    question, as_of = project.question, date.fromisoformat(window.now)
    home, names = project.folder / "bakeoffs" / str(result.id), (rung, result.reference)
    paths = [home / name / f"{window.now}.parquet" for name in names]
    if not all(path.is_file() for path in paths):
        return
    past = judgement.moment(history, as_of)
    said, other = (judgement.known(question, past, pq.read_table(path)) for path in paths)
    if is_person(rung):  # who answered some only
        other = only(other, cases_of(question, said), question.CASE)
    at = judgement.window(question, history, as_of, said, window.everybody)
    judged = judgement.judge(question, said, None if rung == names[1] else other, at, level)
    if judged:
        yield judged, None if question.INTERVALS is None else judgement.total(question, said, at)
