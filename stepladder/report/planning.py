"""What to plan with: the totals that a rung forecast beside what came, and how wide the next may stray."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stepladder import questions
from stepladder.bakeoff.result import Result
from stepladder.bakeoff.totals import ORDER, Total, TotalAt, strayed, together
from stepladder.core.asking import numbers
from stepladder.core.question import case_word
from stepladder.core.view import Section, Table, View
from stepladder.report.words import GLUE, day, in_words, many, number

TITLE = "What to plan with"
PARTS = {"calibrate": "before choosing", "choose": "when choosing", "report": "exam"}
WHAT = ("forecast", "that came", "that came for each forecast")


def sentence(result: Result, view: View, currency: str) -> str:
    """The totals as ranges: what is to come, how far forecasts strayed before; empty of old bake-offs."""
    found = result.totals.get(view.rung, ())
    if not found:
        return ""
    said = [
        f"{_range(one, _forecast(result, view, one), currency)}: what was forecast {strayed(one)}."
        for one in found
    ]
    sure = together(found)
    return in_words(" ".join((*said, f"{sure[:1].upper()}{sure[1:]}.", ORDER)), {})


def section(result: Result, view: View, currency: str) -> list[Section]:
    """The windows one by one, and the range that their spread gives for the next."""
    found = result.totals.get(view.rung, ())
    if not found:
        return []
    places = [{at.now: at for at in one.windows} for one in found]
    rows = [_row(at, [mine.get(at.now) for mine in places]) for at in found[0].windows]
    widened = (f"{one.low:.2f} to {one.high:.2f}" for one in found)
    last = ("The next", *(cell for each in widened for cell in ("", "", each)))
    units = [currency if one.unit == "money" and currency else one.unit for one in found]
    headings = [f"{unit[:1].upper()}{unit[1:]} {what}" for unit in units for what in WHAT]
    table = Table(("Window from", *headings), (*rows, last), ("Window from",))
    return [Section(TITLE, _about(result, found), table=table)]


def _about(result: Result, found: Sequence[Total]) -> str:
    people = many(case_word(questions.load(result.question)))
    return (
        f"The ranges above speak for other {people}. A total strays further, by what all of them share: a "
        "season, a price, a strike. Only whole windows of the past show how far; these do not overlap. "
        f"The last line is for the next window: {together(found)}. Parts of the total, by week or by "
        f"group, stray at least as far. {ORDER}"
    )


def _row(at: TotalAt, mine: list[TotalAt | None]) -> tuple[str, ...]:
    row = [f"{day(at.now)} ({PARTS.get(at.role, at.role)})"]
    for each in mine:
        if each is None:
            row += ["–", "–", "–"]
            continue
        ratio = f"{each.came / each.forecast:.2f}" if each.forecast > 0 else "–"
        row += [number(round(each.forecast)), number(round(each.came)), ratio]
    return tuple(row)


def _forecast(result: Result, view: View, total: Total) -> float | None:
    """What is forecast as of now, added up; None where the page does not ask again."""
    answers = view.at_now.get(view.rung)
    if answers is None:
        return None
    worth = questions.load(result.question).worth(answers, view.history)
    if worth is not None and worth.unit == total.unit:
        return float(np.nansum(worth.expected))
    return float(np.nansum(numbers(answers["prediction"])))


def _range(total: Total, forecast: float | None, currency: str) -> str:
    unit = f"{GLUE}{currency}" if total.unit == "money" and currency else f" {total.unit}"
    unit = unit if total.unit != "money" or currency else ""
    if forecast is None:
        return (
            f"Plan with {total.low:.2f} to {total.high:.2f} for each of the {total.unit} forecast"
        )
    low, high = (number(float(f"{forecast * times:.2g}")) for times in (total.low, total.high))
    of = "In money, plan" if total.unit == "money" else "Plan"
    return f"{of} for {low} to {high}{unit}, not for {number(float(f'{forecast:.3g}'))} alone"
