"""Run a bake-off: every rung at every cutoff, scored, compared, priced, and one proposed."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from stepladder.bakeoff import person
from stepladder.bakeoff.captured import captured
from stepladder.bakeoff.checks import checked
from stepladder.bakeoff.choose import Allowed, Candidate, propose
from stepladder.bakeoff.compare import Comparison
from stepladder.bakeoff.half_samples import Halves
from stepladder.bakeoff.lists import Lists, a_year, as_wide, lists
from stepladder.bakeoff.notes import notes
from stepladder.bakeoff.parties import compared, parties, without_persons
from stepladder.bakeoff.reference import taken
from stepladder.bakeoff.replay import Replay, prepare
from stepladder.bakeoff.result import Result, RungResult, Window
from stepladder.bakeoff.row import row
from stepladder.bakeoff.runs import Progress, Setting, run_all
from stepladder.bakeoff.score import Scored, score
from stepladder.bakeoff.settle import Learn, Settled, settled
from stepladder.bakeoff.totals import totals
from stepladder.core import own_loss
from stepladder.core.ask import Ask
from stepladder.core.question import many
from stepladder.core.rung import Rung
from stepladder.fence.sandbox import weakest
from stepladder.money import prices


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
    question = setting.question
    progress("preparing the past", 0, 0)
    replays = prepare(question, setting.history, setting.folder / "known")
    own_loss.try_out(question, replays[-1].known, replays[-1].cases, replays[-1].came)
    few = person.drawn(question, replays)
    ran = [person.heard(each, few, replays) for each in run_all(setting, replays, progress)]
    progress("comparing", 0, 0)
    foot = taken(question, replays, ran)
    scored: dict[str, list[Scored | None]] = {}
    meanings: dict[str, dict[str, float] | None] = {}
    for each in ran:
        if each.status == "ok":
            name, ours = each.rung.name, each.rung.ours
            scored[name], meanings[name] = (
                person.scored(question, replays, each, foot.answers, few)
                if person.is_person(name)
                else score(question, replays, each.raw(), foot.answers, ours)
            )
    both = parties(question, replays, scored, few)
    comparison = compared(question, replays, both, foot.name, setting.history.ask.seed)
    money = lists(question, replays, both, comparison)
    alone = person.theirs(question, replays, few)
    rows = [
        row(question, setting.history.ask, each, replays, scored, comparison,
            meanings.get(each.rung.name), alone if person.is_person(each.rung.name) else replays)
        for each in ran
    ]  # fmt: skip
    halves = Halves(setting, replays, ran, foot.answers, progress)
    found = _settled(setting, replays, comparison, rows, money, halves.apart)
    result = _result(setting, data, settings, replays, scored, rows, money, found)
    levels = {one.fence for each in ran for one in each.measured if one}
    doubts = (doubt.sentence for doubt in question.doubts(setting.history))
    told = (*filter(None, [foot.why]), *notes(result, replays), *found.notes, *doubts)
    last = {rung: at[-1].predictions for rung, at in scored.items() if at[-1] is not None}
    kept = checked(question, setting.checks, replays[-1].cases, last)
    result = replace(
        result, fence=weakest(levels - {""}), notes=told, checks=kept
    )  # no level where it was killed
    return Outcome(result, replays, scored)


def _settled(
    setting: Setting,
    replays: list[Replay],
    comparison: Comparison,
    rows: list[RungResult],
    money: Lists | None,
    apart: Learn,
) -> Settled:
    """What is proposed, once it stands with others to learn from too."""
    ask, question = setting.history.ask, setting.question
    year = a_year(ask, replays)
    candidates = [
        Candidate(r.rung, r.height, r.cost.money_per_year)
        for r in rows
        if r.status == "ok" and r.cost
    ]
    people = many(" ".join(question.UNIT))
    choose = partial(
        propose,
        candidates=candidates,
        reference=comparison.reference,
        margin=ask.tolerance,
        allowed_loss=_allowed(ask, comparison.best, candidates, year),
        year=year,
        people=people,
        money=money,
        cutoffs=tuple(replay.name for replay in replays if replay.holdout.role != "calibrate"),
    )
    return settled(comparison, choose, apart, people)


def _result(
    setting: Setting,
    data: dict[str, Any],
    settings: str,
    replays: list[Replay],
    scored: dict[str, list[Scored | None]],
    rows: list[RungResult],
    money: Lists | None,
    found: Settled,
) -> Result:
    ask, question, everyone = setting.history.ask, setting.question, without_persons(scored)
    return Result(
        question=setting.name,
        words=ask.words or question.WORDS,
        now=setting.history.now.isoformat(),
        horizon=ask.horizon,
        good_enough=ask.tolerance,
        good_enough_money=ask.good_enough_money,
        settings=settings,
        seed=ask.seed,
        data=data,
        versions=versions(setting.ladder),
        windows=tuple(map(_window, replays, scored[found.comparison.reference])),
        proposal=found.proposal,
        rungs=tuple(replace(r, choose=found.comparison.choose.get(r.rung)) for r in rows),
        lists=money and as_wide(money, found.comparison),
        totals=totals(question, setting.name, replays, everyone),
        captured=captured(question, replays[-1], everyone),
        ahead=ask.ahead,
    )


def _allowed(ask: Ask, best: str, candidates: list[Candidate], year: float) -> Allowed:
    """What a rung may lose above the best, in money; None where a share of the gain is what counts.

    With a budget, and nothing else said, it is what a rung saves in a year against the best: in whole
    units, since machine seconds jitter and must not decide.
    """
    if ask.good_enough_money:
        return ask.good_enough_money / year
    price = prices(ask)
    if price is None or not price.budget or ask.good_enough is not None:
        return None
    kept = {one.rung: round(one.money_per_year) for one in candidates}
    return {rung: (kept[best] - money) / year for rung, money in kept.items()}


def _window(replay: Replay, scored: Scored | None) -> Window:
    later = replay.holdout.later.now.isoformat()
    actual, rows = float(replay.actual.sum() * replay.times), scored.loss.num_rows if scored else 0
    cases = replay.cases.num_rows
    everybody = replay.everybody if replay.everybody > cases else 0
    return Window(
        replay.now, later, replay.holdout.role, cases, actual, rows, replay.name, everybody
    )


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
