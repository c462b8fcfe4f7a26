"""What acting on each rung's answers brought: the money of one decision, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from stepladder.bakeoff.compare import Comparison, Estimate, Losses, compare, unit_of
from stepladder.bakeoff.parties import Answers, Party
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.score import Scored
from stepladder.bakeoff.worths import worths
from stepladder.core.ask import Ask
from stepladder.core.question import Question
from stepladder.core.stats import Floats
from stepladder.money import Prices, decisions, of_some, prices, written
from stepladder.money.budget import earned, on_the_list

ROUGH = 100  # contacts; with fewer the intervals are known to be too narrow now and then
RANDOM, HINDSIGHT = "at random", "with hindsight"  # stand beside the rungs: no rung has such a name


@dataclass(frozen=True)
class Money:
    """An amount of money and its 95 % interval."""

    amount: float
    low: float
    high: float


@dataclass(frozen=True)
class Brought:
    """What one decision brought, its cost taken off: over the moments that chose, in the exam, at each."""

    choose: Money
    report: Money
    cutoffs: tuple[Money, ...]


@dataclass(frozen=True)
class Listed:
    """A rung's list: how many are on it, what it brought, and how much more the best rung's did."""

    rung: str
    contacts: int  # on average over the moments that chose: fewer than places where not so many pay
    brought: Brought
    below_best: Money  # over the moments that chose
    rough: bool  # too few contacts for the intervals to be quite right


@dataclass(frozen=True)
class Lists:
    """The lists of all rungs."""

    usual: float  # places on a list, on average over the moments that chose
    places: int  # in the exam: how many can be acted on, all where there is no budget
    cases: int
    budget: bool
    decisions_per_year: float
    currency: str
    everybody: int  # of the cases, those who pay by every rung's answer
    nobody: int  # … and those who pay by none's
    at_random: Brought  # so many taken at random: everybody where there is no budget
    hindsight: Brought
    rungs: tuple[Listed, ...]

    def of(self, rung: str) -> Listed:
        """A rung's list."""
        return next(each for each in self.rungs if each.rung == rung)

    @property
    def binding(self) -> bool:
        """Whether there is a budget that leaves somebody out."""
        return self.budget and self.places < self.cases

    @property
    def telling(self) -> bool:
        """Whether lists can tell rungs apart: somebody is on one, and somebody is left out."""
        return self.binding and self.nobody < self.cases

    def said(self, amount: float, each: str = " per decision") -> str:
        """Money of a decision in whole units, and that of a year where decisions repeat."""
        unit, times = f" {self.currency}".rstrip(), self.decisions_per_year
        year = "" if times == 1 else f", {written(amount * times)}{unit} a year"
        return f"{written(amount)}{unit}{each}{year}"


def lists(
    question: Question,
    replays: list[Replay],
    parties: list[Party],
    comparison: Comparison,
) -> Lists | None:
    """What the lists brought; None where no prices are given, or answers say no amount of money."""
    ask, last = replays[-1].holdout.past.ask, replays[-1]
    price = prices(ask)
    asked = [i for i, replay in enumerate(replays) if replay.holdout.role != "calibrate"]
    if price is None or not _in_money(question, last, parties[0].scored):
        return None
    sizes = [price.places(replays[i].everybody) for i in asked]
    rows: list[Listed] = []
    for party in parties:
        at = [
            _case_by_case(question, replays[i], {n: f[i] for n, f in party.scored.items()})
            for i in asked
        ]
        moments, foot = [replays[i] for i in asked], comparison.reference
        found = _compared(question, moments, at, tuple(party.scored), foot, ask.seed)
        if not rows:
            whole, money = at[-1], found
        rows += [_listed(name, sizes, at, found, comparison) for name in party.names]
    acts = np.column_stack([whole.expected[name] > 0 for name in whole.expected])
    return Lists(
        float(np.mean(sizes[:-1])), sizes[-1], last.everybody,
        price.budget, price.decisions_per_year, price.currency,
        round(int(acts.all(axis=1).sum()) * last.times),
        round(int((~acts).all(axis=1).sum()) * last.times),
        _brought(RANDOM, sizes, money), _brought(HINDSIGHT, sizes, money), tuple(rows),
    )  # fmt: skip


def a_year(ask: Ask, replays: list[Replay]) -> float:
    """How many cases are decided on in a year, if lists are as long as at the moments that chose."""
    cases = [r.everybody for r in replays if r.holdout.role == "choose"]
    return float(np.mean([decisions(ask, each) for each in cases]))


def _in_money(question: Question, last: Replay, scored: Answers) -> bool:
    found = next(iter(scored.values()))[-1]
    worth = question.worth(found.predictions, last.known) if found else None
    return worth is not None and worth.unit == "money"


@dataclass(frozen=True)
class _Cases:
    """At one cutoff: whom is asked about, what acting on each earned, and what each rung expected of it."""

    rows: pa.Table
    actual: Floats
    expected: dict[str, Floats]
    places: int


def _case_by_case(
    question: Question, replay: Replay, scored: Mapping[str, Scored | None]
) -> _Cases:
    answers = {name: found.predictions for name, found in scored.items() if found}
    asked = next(iter(answers.values())).num_rows
    price = prices(of_some(replay.known.ask, asked, replay.cases.num_rows))
    found = worths(question, replay.known, replay.came, answers)
    assert price is not None
    assert found is not None
    expected = {name: _earns(each, price) for name, each in found.expected.items()}
    size = price.places(len(found.actual))
    return _Cases(found.rows, _earns(found.actual, price), expected, size)


def _earns(value: Floats, price: Prices) -> Floats:
    return np.asarray(value * price.margin - price.cost)


def _compared(
    question: Question,
    replays: list[Replay],
    at: list[_Cases],
    names: tuple[str, ...],
    reference: str,
    seed: int,
) -> Comparison:
    """Money per contact as losses below nothing: resampled as the rungs' losses are."""

    def money(here: _Cases) -> Floats:
        share = here.places / len(here.actual)
        own = [earned(here.expected[name], here.actual, here.places) for name in names]
        best = earned(here.actual, here.actual, here.places)
        return -np.column_stack([*own, here.actual * share, best])

    made = Losses(
        rungs=(*names, RANDOM, HINDSIGHT),
        cutoffs=tuple(replay.name for replay in replays),
        roles=tuple(replay.holdout.role for replay in replays),
        units=tuple(unit_of(here.rows, question.UNIT) for here in at),
        weights=tuple(np.full(len(here.actual), here.places / len(here.actual)) for here in at),
        losses=tuple(money(here) for here in at),
    )
    return compare(made, reference, seed)


def _listed(
    name: str, sizes: list[int], at: list[_Cases], money: Comparison, losses: Comparison
) -> Listed:
    usual = float(np.mean(sizes[:-1]))
    contacts = [
        on_the_list(here.expected[name], here.places).sum() * size / here.places
        for here, size in zip(at[:-1], sizes[:-1], strict=True)
    ]
    rough = min(here.places for here in at) < ROUGH
    return Listed(
        name,
        round(np.mean(contacts)),
        _brought(name, sizes, money),
        _below(name, losses, usual),
        rough,
    )


def _below(name: str, losses: Comparison, usual: float) -> Money:
    return Money(*(each * usual for each in losses.above_best[name]))


def as_wide(found: Lists, losses: Comparison) -> Lists:
    """The lists with what is below the best's as wide as the comparison now has it."""
    rungs = (replace(one, below_best=_below(one.rung, losses, found.usual)) for one in found.rungs)
    return replace(found, rungs=tuple(rungs))


def _brought(name: str, sizes: list[int], money: Comparison) -> Brought:
    each = [_money(found[name], size) for found, size in zip(money.by_cutoff, sizes, strict=True)]
    return Brought(_money(money.choose[name], float(np.mean(sizes[:-1]))), each[-1], tuple(each))


def _money(found: Estimate, size: float) -> Money:
    low, high = 0.0 - found.loss_high * size, 0.0 - found.loss_low * size  # no minus before nothing
    return Money(0.0 - found.loss * size, low, high)
