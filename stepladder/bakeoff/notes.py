"""What a person should know before they believe the proposal: too few cases, totals that lean, seasons."""

from __future__ import annotations

from math import ceil

from stepladder.bakeoff.lists import ROUGH
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.result import Result, Window, judged
from stepladder.bakeoff.totals import note
from stepladder.core.question import case_word, many

# a plan so much wider than the forecast, windows so different, or so few cases are told
OFF, SWING, FEW = 0.2, 1.5, 50


def notes(result: Result, replays: list[Replay]) -> list[str]:
    """The notes on a bake-off, as sentences; each says what to do."""
    shown = next(rung for rung in result.rungs if rung.rung == result.proposal.shown)
    found = [_lots(result), _few(result.windows), _short(result), _leaning(result)]
    if shown.calibration:
        found.append(_swing(replays))
    return [said for said in found if said]


def _lots(result: Result) -> str:
    """How many were judged, where these are some of very many."""
    window, people = result.windows[-1], many(case_word(judged(result)))
    if not window.everybody:
        return ""
    return (
        f"Judged on {window.cases:,} of {window.everybody:,} {people}, drawn by lot; all were learnt from. "
        "The ranges hold what the draw leaves open, and sums are of all."
    )


def _few(windows: tuple[Window, ...]) -> str:
    """With a handful of cases nothing can be told apart, whatever the figures say."""
    asked = [window for window in windows if window.role != "calibrate"]
    if min(window.scored for window in asked) >= FEW:
        return ""
    if all(window.scored == 1 for window in asked):
        return (
            f"Only one case could be scored at each of the {len(asked)} cutoffs: the rungs are told apart by "
            "these moments of its past alone. Take the figures as a rehearsal, and ask again with a longer "
            "past, a shorter horizon or more cases like it."
        )
    each = ", ".join(f"{window.scored:,}" for window in asked)
    if any(window.everybody for window in asked):
        return (
            f"Only so many cases could be scored at the cutoffs: {each}. So few cannot tell the rungs "
            "apart, and there are more. Judge more of them: raise sample in question.toml."
        )
    return (
        f"Only so many cases could be scored at the cutoffs: {each}. So few cannot tell the rungs "
        "apart. Take the figures as a rehearsal, and come back with more data or a longer horizon."
    )


def _short(result: Result) -> str:
    """Few of a list's places fall to those who are judged, where these are some of very many."""
    window, lists = result.windows[-1], result.lists
    if (
        lists is None
        or not lists.binding
        or lists.places >= ROUGH * window.times
        or not window.everybody
    ):
        return ""
    few = max(round(lists.places / window.times), 1)
    need = min(ceil(ROUGH * window.everybody / lists.places), window.everybody)
    return (
        f"Of the {lists.places:,} places on your list only {few:,} fall to the {window.cases:,} that were "
        f"judged: what a list brings is known roughly at best. Judge enough of them: set sample = {need} in "
        "question.toml."
    )


def _leaning(result: Result) -> str:
    """Totals that plans should not be made of as they stand."""
    found = result.totals.get(result.proposal.shown, ())
    wide = any(one.low < 1 - OFF or one.high > 1 + OFF for one in found)
    return note(result.proposal.shown, found) if wide else ""


def _swing(replays: list[Replay]) -> str:
    usual = [r.actual.mean() for r in replays if r.holdout.role != "calibrate"]
    if max(usual) <= SWING * min(usual):
        return ""
    each = ", ".join(f"{mean:.2f}" for mean in usual)
    return (
        f"What came per case swung between the windows ({each}): seasons may matter here. No interval "
        "speaks for a season that the past does not hold. Ask again with a year of data for each, or "
        "plan for it by hand."
    )
