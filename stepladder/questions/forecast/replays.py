"""Where a forecast's replays stand: whole periods, a horizon apart, as many as leave a past to learn from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from stepladder.core import periods
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Holdout, Role
from stepladder.questions.forecast.settings import steps

MOST = 6  # five that choose, whose spread between them then counts, and the one that reports


def holdouts(history: History) -> Iterator[Holdout]:
    """Replays a horizon apart, earliest first; the last one reports."""
    every, week = history.ask.settings.every, history.ask.settings.week_starts
    ahead = steps(history.ask)
    stands = _asked(history, ahead) if history.ask.cutoffs else _usual(history, ahead)
    for i, number in enumerate(stands):
        role: Role = "report" if i == len(stands) - 1 else "choose"
        past, later = (periods.day_of(n, every, week) for n in (number, number + ahead))
        yield Holdout(history.at(past), history.at(min(later, history.now)), role)


def least_past(history: History, ahead: int) -> int:
    """How many periods must lie before a cutoff: two seasons, and twice what is asked."""
    season = int(history.ask.settings.season)
    return max(2 * season if season > 1 else 0, 2 * ahead, 3)


def _end(history: History) -> int:
    return periods.first_ahead(
        history.now, history.ask.settings.every, history.ask.settings.week_starts
    )


def _usual(history: History, ahead: int) -> list[int]:
    """As many as leave enough past for half of the series."""
    end, need = _end(history), least_past(history, ahead)
    begun = (
        end - history.sql("select max(ago) as ago from readings group by series")["ago"].to_numpy()
    )
    middle = int(np.median(begun))
    found = [end - i * ahead for i in range(1, MOST + 1) if end - i * ahead - middle >= need]
    if len(found) < 2:
        found = [
            end - i * ahead for i in (1, 2) if end - i * ahead - middle >= min(need, 2 * ahead)
        ]
    if len(found) < 2:
        raise _too_far(history, end - middle, ahead)
    return sorted(found)


def _too_far(history: History, known: int, ahead: int) -> Problem:
    every = history.ask.settings.every
    most = known // 4
    return Problem(
        f"a horizon of {ahead} {every}{'s' * (ahead != 1)} in series of which half have {known} or fewer",
        "a bake-off needs four times as long: two cutoffs, each with twice the horizon before the first",
        (
            f'set `horizon = "{most} {every}s"` or less in question.toml, or '
            if most and every != "hour"
            else ""
        )
        + "bring more history",
    )


def _asked(history: History, ahead: int) -> list[int]:
    """The cutoffs of question.toml, each moved to the first day of its period."""
    every, week = history.ask.settings.every, history.ask.settings.week_starts
    days = np.array(history.ask.cutoffs, "datetime64[us]")
    found = [int(n) for n in periods.number(days, every, week)]
    apart = all(b - a >= ahead for a, b in itertools.pairwise(found))
    if len(found) < 2 or not apart or found[-1] + ahead > _end(history):
        raise Problem(
            f"the cutoffs {', '.join(map(str, history.ask.cutoffs))} with {ahead} {every}s asked about",
            f"at least two, in order, {ahead} {every}s apart, and as many {every}s after the last",
            "choose others, shorten the horizon, or leave `cutoffs` out",
        )
    return found
