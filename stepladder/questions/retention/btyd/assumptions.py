"""Says in words where the data break what the models take for granted."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepladder.questions.retention.btyd.summary import Floats, Summary

LINKED = 0.1  # a correlation below this is taken as none, however certain
BURST = 2.0  # times as many first purchases a week at the beginning as later


def warnings(model: dict[str, Any], known: Summary) -> str:
    """One line for each assumption that these data break; empty if none."""
    found = [
        str(model["sentence"]),
        "" if model["converged"] else "The fit did not settle; its numbers are not to be trusted.",
        *_spend(model, known),
        _middle(known.T),
    ]
    return "\n".join(line for line in found if line)


def _spend(model: dict[str, Any], known: Summary) -> list[str]:
    if "spend_p" not in model:
        some = bool(np.any(known.valued > 0))
        return ["Too few repeat purchases have a value to say what one is worth."] if some else []
    wide = ""
    if model["spend_q"] <= 1.0:
        wide = (
            "Customers differ so widely in what they spend that their mean is not determined; "
            "for those who bought once the mean of the others is used."
        )
    return [str(model["spend_sentence"]), wide, _linked(known)]


def _linked(known: Summary) -> str:
    """Gamma–Gamma takes spend and frequency to be independent; Fisher's interval (1921)."""
    enter = (known.valued > 0) & (known.value > 0)
    often, spend = np.log(known.valued[enter]), np.log(known.value[enter])
    if enter.sum() < 10 or np.ptp(often) == 0.0 or np.ptp(spend) == 0.0:
        return ""
    r = float(np.corrcoef(often, spend)[0, 1])
    half = 1.96 / np.sqrt(enter.sum() - 3.0)
    low, high = np.tanh(np.arctanh(np.clip(r, -0.999999, 0.999999)) + np.array([-half, half]))
    if abs(r) < LINKED or low * high <= 0.0:
        return ""
    more, wrong = ("more", "low") if r > 0 else ("less", "high")
    return (
        f"Customers who buy more often spend {more} per purchase (correlation {r:.2f}, 95 % "
        f"interval {low:.2f} to {high:.2f}); the value model takes the two to be independent, so "
        f"the value of frequent buyers may come out too {wrong}."
    )


def _middle(T: Floats) -> str:
    """A burst of "first" purchases when the history begins: old customers seen for the first time."""
    day = np.max(T) - T
    entries = np.quantile(day, 0.995)  # later than this nobody new came: a cohort, not a burst
    if entries <= 0.0:
        return ""
    early, late = np.sum(day < entries / 6.0), np.sum((day >= entries / 2.0) & (day <= entries))
    usual = max(late / 3.0, 1.0)  # what a sixth of the time would bring at the later pace
    if early < BURST * usual or early - usual < 4.0 * np.sqrt(usual + early):
        return ""
    return (
        f"{early} customers appear in the first {entries / 6.0:.1f} weeks, {early / usual:.1f} "
        "times as many as later in the same time: probably the history starts in the middle of "
        "their lives and their first purchase here was not their first. Ask for a longer history, "
        "or leave out customers first seen at its beginning."
    )
