"""Says in words where the data break what the models take for granted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.retention.btyd.counts import Counts
from stepladder.questions.retention.btyd.summary import Floats, Summary
from stepladder.questions.retention.btyd.told_apart import NOBODY, says
from stepladder.questions.retention.drawn import cost

LINKED = 0.03  # a slope below this, per doubling of purchases, is taken as none, however certain
BURST = 2.0  # times as many first purchases a week at the beginning as later


def warnings(model: dict[str, Any], known: Counts, spent: Summary) -> str:
    """One line for each assumption that these data break; empty if none. spent: whose spending was learnt."""
    found = [
        str(model["sentence"]),
        "" if says(model) else NOBODY,
        ""
        if model["converged"]
        else "The fit did not settle; its numbers are not to be trusted. Take another rung.",
        *_spend(model, spent),
        cost("What a purchase is worth", spent.value[_valued(spent)], known.customers),
        _middle(known.T, known.weight),
    ]
    return "\n".join(line for line in found if line)


def _spend(model: dict[str, Any], known: Summary) -> list[str]:
    if "spend_p" not in model:
        some = bool(np.any(known.valued > 0))
        return (
            [
                "Too few repeat purchases have a value to say what one is worth. Bring more that have."
            ]
            if some
            else []
        )
    wide = ""
    if model["spend_q"] <= 1.0:
        wide = (
            "Customers differ so widely in what they spend that their mean is not determined; "
            "for those who bought once the mean of the others is used. Do not plan with the worth of a "
            "single one of these."
        )
    return [str(model["spend_sentence"]), wide, _linked(known)]


def _valued(known: Summary) -> NDArray[np.bool_]:
    """Whose repeat purchases brought something: they enter the value model."""
    return np.asarray((known.valued > 0) & (known.value > 0))


def _linked(known: Summary) -> str:
    """Gamma–Gamma takes spend and frequency to be independent: the slope of one on the other.

    The mean value itself, not its logarithm: the mean of a log-mean rises with the number of
    purchases even where the two are independent. Standard error robust to unequal spread (White,
    1980).
    """
    enter = _valued(known)
    often, spend = np.log2(known.valued[enter]), known.value[enter]
    if enter.sum() < 10 or np.ptp(often) == 0.0 or np.ptp(spend) == 0.0:
        return ""
    often, spend = often - often.mean(), spend / spend.mean() - 1.0
    slope = float(often @ spend / (often @ often))
    error = float(np.sqrt(often**2 @ (spend - slope * often) ** 2) / (often @ often))
    if abs(slope) < LINKED or abs(slope) < 3.0 * error:
        return ""
    more, wrong = ("more", "small") if slope > 0 else ("less", "large")
    low, high = sorted(abs(slope + side * 1.96 * error) for side in (-1, 1))
    return (
        f"Money: customers who buy twice as often spend {abs(slope):.0%} {more} per purchase (95 of 100 "
        f"times between {low:.0%} and {high:.0%}), which the value model leaves out: whatever the total, "
        f"the part of frequent buyers in it comes out too {wrong}. Compare their worth with one "
        "another's, not with that of others."
    )


def _middle(T: Floats, weight: Floats) -> str:
    """A burst of "first" purchases when the history begins: old customers seen for the first time."""
    day, many = _entries(T, weight)
    entries = _quantile(day, many, 0.995)  # later than this nobody new came: a cohort, not a burst
    if entries <= 0.0:
        return ""
    early, late = (
        int(many[day < entries / 6.0].sum()),
        many[(day >= entries / 2.0) & (day <= entries)].sum(),
    )
    usual = max(late / 3.0, 1.0)  # what a sixth of the time would bring at the later pace
    if early < BURST * usual or early - usual < 4.0 * np.sqrt(usual + early):
        return ""
    return (
        f"{early} customers appear in the first {entries / 6.0:.1f} weeks, {early / usual:.1f} "
        "times as many as later in the same time: probably the history starts in the middle of "
        "their lives and their first purchase here was not their first. Ask for a longer history, "
        "or leave out customers first seen at its beginning."
    )


def _entries(T: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weeks from the first customer's first purchase to that of others, rising, and of how many."""
    day, which = np.unique(np.max(T) - T, return_inverse=True)
    return day, np.asarray(np.bincount(which, weights=weight), float)


def _quantile(rising: Floats, many: Floats, share: float) -> float:
    """As np.quantile, where each value is there so many times."""
    ends = np.cumsum(many)
    ranks = np.column_stack([ends - many, ends - 1]).ravel()
    return float(np.interp(share * (ends[-1] - 1), ranks, np.repeat(rising, 2)))
