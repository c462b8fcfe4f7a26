"""The pictures of retention: repeat purchases week by week, the segments, and customers to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from stepladder.core.view import Example, Section, View
from stepladder.money import currency
from stepladder.questions.retention import example_customers, segments, tracking

COUNTED = "purchases"
ANSWER = "forecast"
MENDED = "It forecast next to nothing {n} times; that was raised to the floor."
NOW = True
PEOPLE = True


def meaning(view: View) -> str:
    """How many purchases are to come, and from how few customers."""
    answers, horizon = view.at_now[view.rung], view.history.ask.horizon
    given = pc.fill_null(answers["prediction"], 0.0)
    expected = np.sort(given.to_numpy().astype(float))[::-1]
    many = round(len(expected) * view.now_times)
    total, top = expected.sum(), expected[: max(len(expected) // 10, 1)].sum()
    said = (
        f"In the {_long(horizon)} from {view.history.now.day} {view.history.now:%B %Y}, our "
        f"{many:,} customers are expected to buy about {_round(total * view.now_times):,} times"
    )
    if answers["value"].null_count < len(expected):
        worth = (pc.sum(answers["value"]).as_py() or 0) * view.now_times
        said += f", worth about {_round(worth):,}"
        said = f"{said} {currency(view.history.ask)}".rstrip()
    if top > 0.15 * total > 0:
        said += f"; the most promising tenth of them account for {top / total:.0%} of that"
    return said.replace("%", " %") + "."


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


def _round(value: float) -> int:
    """Two or three figures, as one says them."""
    size = max(len(str(int(abs(value)))) - 3, 0)
    return int(round(value, -size))
