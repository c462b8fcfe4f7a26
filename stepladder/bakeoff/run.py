"""Run a bake-off: every rung at every cutoff, scored, compared, priced, and one proposed."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.bakeoff import person
from stepladder.bakeoff.choose import Allowed, Candidate, propose
from stepladder.bakeoff.compare import Comparison, Losses, compare, unit_of
from stepladder.bakeoff.half_samples import Halves
from stepladder.bakeoff.replay import Replay, prepare
from stepladder.bakeoff.result import Result, RungResult, Window
from stepladder.bakeoff.row import row
from stepladder.bakeoff.runs import Progress, Ran, Setting, run_all
from stepladder.bakeoff.score import Scored, score
from stepladder.bakeoff.settle import Apart, settled
from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.fence.sandbox import weakest
from stepladder.money import decisions, prices

# a total so far off, windows so different, or so few cases are told before the proposal
OFF, SWING, FEW = 0.2, 1.5, 50


@dataclass(frozen=True)
class Outcome:
    """A bake-off's result and the predictions behind it, per rung and cutoff."""

    result: Result
    replays: list[Replay]
    scored: dict[str, list[Scored | None]]


def run(
    setting: Setting, data: dict[str, Any], settings: str, progress: Progress = lambda *_: None
) -> Outcome:
    """Replay the past with every rung and propose the lowest that is good enough.

    Raises Problem where the data cannot carry a bake-off; a rung that fails is a row that says so.
    """
    progress("preparing the past", 0, 0)
    replays = prepare(setting.question, setting.history, setting.folder / "known")
    few = person.drawn(setting.question, replays)
    ran = [person.heard(each, few, replays) for each in run_all(setting, replays, progress)]
    progress("comparing", 0, 0)
    reference = _reference(setting.question, ran)
    answers = [table for table in reference.raw() if table is not None]
    scored: dict[str, list[Scored | None]] = {}
    meanings: dict[str, dict[str, float] | None] = {}
    for each in ran:
        if each.status == "ok":
            scored[each.rung.name], meanings[each.rung.name] = score(
                setting.question, replays, each.raw(), answers, each.rung.ours
            )
    comparison = _compared(setting, replays, scored, few)
    rows = tuple(
        row(setting.question, setting.history.ask, each, replays, scored, comparison,
            meanings.get(each.rung.name))
        for each in ran
    )  # fmt: skip
    usual = [each.loss.num_rows if each else 0 for each in scored[setting.question.REFERENCE]]
    windows = tuple(_window(replay, n) for replay, n in zip(replays, usual, strict=True))
    halves = Halves(setting, replays, ran, answers, progress)
    result = _result(setting, data, settings, replays, windows, comparison, rows, halves.apart)
    levels = {found.fence for each in ran for found in each.measured if found}
    result = replace(result, fence=weakest(levels - {""}))  # none where it was killed
    return Outcome(result, replays, scored)


def _reference(question: Question, ran: list[Ran]) -> Ran:
    found = next(each for each in ran if each.rung.name == question.REFERENCE)
    if found.status != "ok" or any(m is None for m in found.measured):
        raise Problem(
            f"the reference {question.REFERENCE}, which every rung must beat, did not run: "
            f"{found.status}",
            "the reference must answer at every cutoff",
            "mend that; where it says time box or memory, raise time_box or memory_mb in question.toml",
        )
    return found


def _compared(
    setting: Setting,
    replays: list[Replay],
    scored: dict[str, list[Scored | None]],
    few: person.Drawn,
) -> Comparison:
    """All rungs on all cases; a person beside them on the cases drawn for them."""
    question, seed = setting.question, setting.history.ask.seed
    everyone = {n: found for n, found in scored.items() if not person.is_person(n)}
    whole = compare(_losses(question, replays, everyone), question.REFERENCE, seed)
    for name in scored.keys() - everyone.keys():
        some = {
            rung: [
                _on(question, replay, one, few.get(replay.name))
                for replay, one in zip(replays, found, strict=True)
            ]
            for rung, found in {**everyone, name: scored[name]}.items()
        }
        own = compare(_losses(question, replays, some), question.REFERENCE, seed)
        whole = person.merged(whole, own, name)
    return whole


def _on(
    question: Question, replay: Replay, found: Scored | None, cases: pa.Table | None
) -> Scored | None:
    """The same answers, scored on some of the cases only."""
    if found is None or cases is None:
        return None
    said = person.only(found.predictions, cases, question.CASE)
    loss = question.loss(said, replay.known, replay.holdout.later, cases)
    return replace(found, predictions=said, loss=loss)


def _losses(
    question: Question, replays: list[Replay], scored: dict[str, list[Scored | None]]
) -> Losses:
    asked = [i for i, replay in enumerate(replays) if replay.holdout.role != "calibrate"]
    names = tuple(scored)

    def at(i: int, column: str) -> list[np.ndarray[Any, Any]]:
        tables = [scored[name][i] for name in names]
        return [t.loss[column].to_numpy().astype(float) for t in tables if t is not None]

    first = scored[names[0]]
    units = [first[i].loss for i in asked]  # type: ignore[union-attr]
    for name in names:
        for n, i in enumerate(asked):
            if (mine := scored[name][i]) and not mine.loss.drop_columns("loss").equals(
                units[n].drop_columns("loss")
            ):
                raise _other_units(name)
    return Losses(
        rungs=names,
        cutoffs=tuple(replays[i].name for i in asked),
        roles=tuple(replays[i].holdout.role for i in asked),
        units=tuple(unit_of(table, question.UNIT) for table in units),
        weights=tuple(table["weight"].to_numpy().astype(float) for table in units),
        losses=tuple(
            np.column_stack(at(i, "loss")) * units[n]["weight"].to_numpy()[:, None]
            for n, i in enumerate(asked)
        ),
    )


def _other_units(name: str) -> Problem:
    return Problem(
        f"the loss of {name} is of other cases, or weighs them differently, than that of the others",
        "rungs are compared on the same cases: units and weights do not depend on the predictions",
        "mend the question's `loss`",
    )


def _result(
    setting: Setting,
    data: dict[str, Any],
    settings: str,
    replays: list[Replay],
    windows: tuple[Window, ...],
    comparison: Comparison,
    rows: tuple[RungResult, ...],
    apart: Apart,
) -> Result:
    ask, last = setting.history.ask, replays[-1]
    year = decisions(ask, last.cases.num_rows)
    candidates = [
        Candidate(r.rung, r.height, r.cost.money_per_year)
        for r in rows
        if r.status == "ok" and r.cost
    ]
    people = f"{' '.join(setting.question.UNIT)}s"
    choose = partial(
        propose,
        candidates=candidates,
        reference=setting.question.REFERENCE,
        margin=ask.tolerance,
        allowed_loss=_allowed(ask, comparison.best, candidates, year),
        year=year,
        people=people,
        by_money=(price := prices(ask)) is not None and not price.budget,
        cutoffs=tuple(replay.name for replay in replays if replay.holdout.role != "calibrate"),
    )
    comparison, proposal, learnt = settled(comparison, choose, apart, people)
    rows = tuple(replace(r, choose=comparison.choose.get(r.rung)) for r in rows)
    return Result(
        question=setting.name,
        words=ask.words or setting.question.WORDS,
        now=setting.history.now.isoformat(),
        horizon=ask.horizon,
        good_enough=ask.tolerance,
        good_enough_money=ask.good_enough_money,
        settings=settings,
        seed=ask.seed,
        data=data,
        versions=versions(setting.ladder),
        windows=windows,
        proposal=proposal,
        rungs=rows,
        notes=(
            *_notes(replays, windows, next(r for r in rows if r.rung == proposal.shown)),
            *learnt,
            *(doubt.sentence for doubt in setting.question.doubts(setting.history)),
        ),
    )


def _allowed(ask: Ask, best: str, candidates: list[Candidate], year: float) -> Allowed:
    """What a rung may lose above the best, in money; None where a share of the gain is what counts.

    With a budget, and nothing else said, it is what a rung saves in a year against the best.
    """
    if ask.good_enough_money:
        return ask.good_enough_money / year
    price = prices(ask)
    if price is None or not price.budget or ask.good_enough is not None:
        return None
    kept = {one.rung: one.money_per_year for one in candidates}
    return {rung: max(kept[best] - money, 0.0) / year for rung, money in kept.items()}


def _notes(replays: list[Replay], windows: tuple[Window, ...], proposed: RungResult) -> list[str]:
    """What a person should know before they believe the proposal."""
    found = [_few(windows)]
    if proposed.calibration:
        found += [_off(proposed), _swing(replays)]
    return [note for note in found if note]


def _few(windows: tuple[Window, ...]) -> str:
    """With a handful of cases nothing can be told apart, whatever the figures say."""
    asked = [window for window in windows if window.role != "calibrate"]
    if min(window.scored for window in asked) >= FEW:
        return ""
    each = ", ".join(f"{window.scored:,}" for window in asked)
    return (
        f"Only so many cases could be scored at the cutoffs: {each}. So few cannot tell the rungs "
        "apart; take the figures as a rehearsal, and come back with more data or a longer horizon."
    )


def _off(proposed: RungResult) -> str:
    said = sum(bin.cases * bin.predicted for bin in proposed.calibration)
    came = sum(bin.cases * bin.actual for bin in proposed.calibration)
    if not came or abs(said / came - 1) <= OFF:
        return ""
    off = f"{abs(said / came - 1):.0%} too {'many' if said > came else 'few'}"
    return f"In the exam {proposed.rung} forecast {said:,.0f} in all and {came:,.0f} came: {off}."


def _swing(replays: list[Replay]) -> str:
    usual = [r.actual.mean() for r in replays if r.holdout.role != "calibrate"]
    if max(usual) <= SWING * min(usual):
        return ""
    each = ", ".join(f"{mean:.2f}" for mean in usual)
    return (
        f"What came per case swung between the windows ({each}): seasons may matter here, and "
        "no interval speaks for a season that the past does not hold."
    )


def _window(replay: Replay, scored: int) -> Window:
    later = replay.holdout.later.now.isoformat()
    actual = float(replay.actual.sum())
    cases = replay.cases.num_rows
    return Window(
        replay.now, later, replay.holdout.role, cases, actual, scored, replay.name
    )  # fmt: skip


def versions(ladder: list[Rung]) -> dict[str, str]:
    """The versions that the answers depend on, of Python and of every library a rung may use."""
    names = {"stepladder", "duckdb", "pyarrow", "numpy", "scipy", "numba"}
    for rung in ladder:
        names |= set(rung.needs)
    return versions_of(names)


def versions_of(names: Collection[str]) -> dict[str, str]:
    """The versions of these libraries, where they are there, and of Python."""
    found = {
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
    }
    for name in sorted(names):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
