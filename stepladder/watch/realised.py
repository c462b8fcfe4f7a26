"""What the stored predictions were worth, against what the bake-off led us to expect of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.project.folder import Project
from stepladder.record import Stored
from stepladder.report.words import label
from stepladder.watch import stored
from stepladder.watch.windows import ended, in_bakeoff
from stepladder.watch.worth import Calibrated, Judgement, Realised

SHARE = 0.25  # of the year's alarms; the rest is for the inputs
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
    level = confidence(project)
    said = stored.first_said(project, decision.rung, history.now)
    now = ended(project, history, said, level)
    then = list(in_bakeoff(project, history, decision.rung, decision.bakeoff, level))
    found = Realised(
        rung=decision.rung,
        windows=tuple(now.judged),
        bakeoff=tuple(each for each, _ in then),
        calibration=_beside(now.calibrated, [total for _, total in then if total is not None]),
        learnt=stored.learnt(said),
        due="" if now.judged else _due(said, project.ask.horizon, history.now),
        missing=tuple(now.missing),
        afterwards=tuple(now.afterwards),
        called=_called(project, decision.rung),
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


def _due(said: list[Stored], horizon: int, now: date) -> str:
    """The day from which the earliest stored predictions can be judged."""
    ends = [date.fromisoformat(s.as_of) + timedelta(days=horizon) for s in said]
    later = (end for end in ends if end > now)
    return min(later, default=now + timedelta(days=horizon)).isoformat()


def _called(project: Project, rung: str) -> str:
    """The rung's name in words; a rung whose file is gone is called by its name."""
    titles = {each.name: each.title for each in project.ladder}
    return label(rung, titles.get(rung, ""))
