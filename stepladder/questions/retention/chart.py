"""The pictures of retention: repeat purchases week by week, the segments, and customers to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from stepladder.core.view import Example, Section, View
from stepladder.questions.retention import example_customers, segments, tracking

COUNTED = "purchases"
ANSWER = "forecast"
MENDED = "It forecast next to nothing {n} times; that was raised to the floor."
NOW = True
PEOPLE = True
NAMES = {"alive": "still a customer", "value": "worth", "segment": "group"}


def meaning(view: View) -> str:
    """From how few customers what is to come will come."""
    answers, horizon = view.at_now[view.rung], view.history.ask.horizon
    given = pc.fill_null(answers["prediction"], 0.0)
    expected = np.sort(given.to_numpy().astype(float))[::-1]
    many, total = round(len(expected) * view.now_times), expected.sum()
    top = expected[: max(len(expected) // 10, 1)].sum()
    said = (
        f"Looked at are the {_long(horizon)} from {view.history.now.day} {view.history.now:%B %Y}, and all "
        f"{many:,} customers known by then."
    )
    if top > 0.15 * total > 0:
        said += f" Of every 100 purchases expected, the most promising tenth make {100 * top / total:.0f}."
    return said


def scored(view: View) -> str:
    """Nothing: a customer who does not come back is scored like any other."""
    return ""


def about_examples(view: View) -> str:
    """What the dots on the line of time are."""
    cutoff = view.cutoff
    return (
        "Each dot is a day with a purchase on the line of time. Up to the upright line, "
        f"{cutoff.day} {cutoff:%B %Y}, the rung knew them; the ringed ones came afterwards, when it had "
        "made its forecast."
    )


def sections(view: View) -> list[Section]:
    """Week by week, added up, and by segment."""
    return [*tracking.sections(view), *segments.sections(view)]


def examples(view: View, n: int) -> list[Example]:
    """The highest forecasts, heavy buyers who lapsed, newcomers, one-timers, and the biggest misses."""
    return example_customers.pick(view, n)


def story(view: View, case: Mapping[str, Any]) -> Example:
    """One customer on the line of time."""
    return example_customers.story(view, case["customer"])


def _long(days: int) -> str:
    return f"{days // 7} weeks" if days % 7 == 0 and days >= 14 else f"{days} days"
