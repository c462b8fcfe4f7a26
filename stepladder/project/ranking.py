"""What acting on each case is expected to bring, by which a list is made; and what came of such lists."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.bakeoff.worths import worths
from stepladder.core import outcomes
from stepladder.core.ask import Ask
from stepladder.core.asking import matched, numbers
from stepladder.core.history import History
from stepladder.core.question import Holdout, Question, Worth
from stepladder.core.stats import Bins, Floats, apply_bins, learn_bins
from stepladder.money import Prices, prices
from stepladder.project.all_cases import cases_of

Before = list[tuple[Holdout, pa.Table]]  # windows of the past, and what the rung had said there
Ints = np.ndarray


class Expected(NamedTuple):
    """What each case is expected to bring, under which name, from how little to how much; NaN: unknown.

    In the order of the answers. pays: whether it is money after costs, so that who is at or below zero
    is better left alone.
    """

    column: str
    values: Floats
    low: Floats
    high: Floats
    pays: bool
    decimals: int


def expected(question: Question, answers: pa.Table, past: History, before: Before) -> Expected:
    """What acting on each is expected to bring: money after its cost where prices are given, else its worth.

    Of a question that says no worth it is the prediction itself.
    """
    worth = question.worth(answers, past)
    return of_some(question, answers, worth, past.ask, before, own_range(worth, answers))


def own_range(worth: Worth | None, answers: pa.Table) -> bool:
    """Whether low and high of the answers are about what is expected, and not about something else."""
    return worth is None or np.allclose(worth.expected, numbers(answers["prediction"]))


def of_some(
    question: Question, answers: pa.Table, worth: Worth | None, ask: Ask, before: Before, own: bool
) -> Expected:
    """The same of some of them, where it is known of all whether low and high are about it."""
    price = prices(ask)
    said, low, high = (numbers(answers[name]) for name in ("prediction", "low", "high"))
    if worth is None:
        return Expected("prediction", said, low, high, False, 4)
    if not own:
        low, high = _range(question, worth, before)
    decimals = 2 if price or worth.unit == "money" else 4
    if price is None:
        name = f"expected_{worth.unit.replace(' ', '_')}"
        return Expected(name, worth.expected, low, high, False, decimals)
    margin, low, high = (_margin(each, price) for each in (worth.expected, low, high))
    return Expected("expected_margin", margin, low, high, True, decimals)


def brings(worth: Worth | None, answers: pa.Table, ask: Ask) -> tuple[Floats, bool]:
    """What acting on each is expected to bring, and whether that is money after costs."""
    if worth is None:
        return numbers(answers["prediction"]), False
    price = prices(ask)
    return (worth.expected, False) if price is None else (_margin(worth.expected, price), True)


def _margin(value: Floats, price: Prices) -> Floats:
    return value * price.margin - price.cost


def _range(question: Question, worth: Worth, before: Before) -> tuple[Floats, Floats]:
    """From how little to how much came of those of whom as much was expected, in the windows of the past."""
    bins = _bins(question, before)
    if bins is None:
        nothing = np.full(len(worth.expected), np.nan)
        return nothing, nothing
    return apply_bins(bins, worth.expected, whole=False)


def _bins(question: Question, before: Before) -> Bins | None:
    pairs = []
    for holdout, said in before:
        came = _came(question, holdout, said)
        if then := worths(question, holdout.past, came, {"": said}):
            known = ~np.isnan(then.expected[""])
            pairs.append((then.expected[""][known], then.actual[known]))
    if not pairs:
        return None
    foretold, actual = (np.concatenate(each) for each in zip(*pairs, strict=True))
    return learn_bins(foretold, actual)


def came_of_like(question: Question, before: Before, share: float) -> tuple[float, str] | None:
    """Of those on such a list in the last window of the past, the share of whom anything came; since when.

    share: how much of everybody the list is. None where there is no such window.
    """
    if not before:
        return None
    holdout, said = before[-1]
    came = _came(question, holdout, said)
    actual = numbers(matched(said, came, question.KEYS, "actual"), question.LABELS)
    brings = expected(question, said, holdout.past, []).values
    known = np.flatnonzero(~np.isnan(actual))
    if not len(known):
        return None
    best = known[np.argsort(-brings[known], kind="stable")][: max(round(share * len(known)), 1)]
    return float((actual[best] > 0).mean()), holdout.past.now.isoformat()


def _came(question: Question, holdout: Holdout, said: pa.Table) -> pa.Table:
    """What came of each by itself of whom something was said."""
    past, later = holdout.past, holdout.later
    asked = outcomes.bottom(question, past, later, cases_of(question, said))
    return outcomes.own(question.outcome(past, later, asked))
