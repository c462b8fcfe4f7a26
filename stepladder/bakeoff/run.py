"""Run a bake-off: every rung at every cutoff, scored, compared, priced, and one proposed."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.bakeoff import person
from stepladder.bakeoff.captured import captured
from stepladder.bakeoff.choose import Allowed, Candidate, propose
from stepladder.bakeoff.compare import Comparison, Losses, compare, unit_of
from stepladder.bakeoff.half_samples import Halves
from stepladder.bakeoff.lists import Lists, Party, a_year, as_wide, lists
from stepladder.bakeoff.notes import notes
from stepladder.bakeoff.replay import Replay, prepare
from stepladder.bakeoff.result import Result, RungResult, Window
from stepladder.bakeoff.row import row
from stepladder.bakeoff.runs import Progress, Ran, Setting, run_all
from stepladder.bakeoff.score import Scored, score
from stepladder.bakeoff.settle import Apart, settled
from stepladder.bakeoff.totals import totals
from stepladder.core import own_loss
from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.core.same_units import beside_first
from stepladder.fence.sandbox import weakest
from stepladder.money import of_some, prices


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
    own_loss.try_out(setting.question, replays[-1].known, replays[-1].cases, replays[-1].came)
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
    parties = _parties(setting.question, replays, scored, few)
    comparison = _compared(setting, replays, parties)
    money = lists(setting.question, replays, parties, comparison)
    rows = tuple(
        row(setting.question, setting.history.ask, each, replays, scored, comparison,
            meanings.get(each.rung.name))
        for each in ran
    )  # fmt: skip
    usual = [each.loss.num_rows if each else 0 for each in scored[setting.question.REFERENCE]]
    windows = tuple(_window(replay, n) for replay, n in zip(replays, usual, strict=True))
    halves = Halves(setting, replays, ran, answers, progress)
    result = _result(
        setting, data, settings, replays, windows, comparison, rows, money, halves.apart
    )
    levels = {found.fence for each in ran for found in each.measured if found}
    everyone = {n: found for n, found in scored.items() if not person.is_person(n)}
    result = replace(
        result,
        fence=weakest(levels - {""}),  # none where it was killed
        totals=totals(setting.question, setting.name, replays, everyone),
        captured=captured(setting.question, replays[-1], everyone),
    )
    doubts = (doubt.sentence for doubt in setting.question.doubts(setting.history))
    result = replace(result, notes=(*notes(result, replays), *result.notes, *doubts))
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


def _parties(
    question: Question,
    replays: list[Replay],
    scored: dict[str, list[Scored | None]],
    few: person.Drawn,
) -> list[Party]:
    """All rungs on all cases; a person beside them on the cases drawn for them."""
    everyone = {n: found for n, found in scored.items() if not person.is_person(n)}
    found = [Party(everyone, tuple(everyone))]
    for name in scored.keys() - everyone.keys():
        some = {
            rung: [
                _on(question, replay, one, few.get(replay.name))
                for replay, one in zip(replays, answers, strict=True)
            ]
            for rung, answers in {**everyone, name: scored[name]}.items()
        }
        found.append(Party(some, (name,)))
    return found


def _compared(setting: Setting, replays: list[Replay], parties: list[Party]) -> Comparison:
    question, seed = setting.question, setting.history.ask.seed
    whole, *persons = [
        compare(_losses(question, replays, party.scored), question.REFERENCE, seed)
        for party in parties
    ]
    for party, own in zip(parties[1:], persons, strict=True):
        whole = person.merged(whole, own, *party.names)
    return whole


def _on(
    question: Question, replay: Replay, found: Scored | None, cases: pa.Table | None
) -> Scored | None:
    """The same answers, scored on some of the cases only."""
    if found is None or cases is None:
        return None
    said = person.only(found.predictions, cases, question.CASE)
    ask = of_some(replay.known.ask, cases.num_rows, replay.cases.num_rows)
    loss = question.loss(said, replace(replay.known, ask=ask), replay.holdout.later, cases)
    return replace(found, predictions=said, loss=loss)


def _losses(
    question: Question, replays: list[Replay], scored: Mapping[str, list[Scored | None]]
) -> Losses:
    asked = [i for i, replay in enumerate(replays) if replay.holdout.role != "calibrate"]
    names = tuple(scored)
    units = [scored[names[0]][i].loss for i in asked]  # type: ignore[union-attr]

    def weighed(i: int, first: pa.Table) -> np.ndarray[Any, Any]:
        there = [(name, found.loss) for name in names if (found := scored[name][i])]
        each = [beside_first(loss, first, question.UNIT, name) for name, loss in there]
        return np.column_stack([_floats(one["loss"]) * _floats(one["weight"]) for one in each])

    return Losses(
        rungs=names,
        cutoffs=tuple(replays[i].name for i in asked),
        roles=tuple(replays[i].holdout.role for i in asked),
        units=tuple(unit_of(table, question.UNIT) for table in units),
        weights=tuple(_floats(table["weight"]) for table in units),
        losses=tuple(weighed(i, first) for i, first in zip(asked, units, strict=True)),
    )


def _floats(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return column.to_numpy().astype(float)


def _result(
    setting: Setting,
    data: dict[str, Any],
    settings: str,
    replays: list[Replay],
    windows: tuple[Window, ...],
    comparison: Comparison,
    rows: tuple[RungResult, ...],
    money: Lists | None,
    apart: Apart,
) -> Result:
    ask, year = setting.history.ask, a_year(setting.history.ask, replays)
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
        money=money,
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
        lists=money and as_wide(money, comparison),
        notes=learnt,
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
