"""What to plan with: the totals that a rung forecast beside what came, and how wide the next may stray."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stepladder import questions
from stepladder.bakeoff.result import Result
from stepladder.bakeoff.totals import ORDER, Total, TotalAt, strayed, together
from stepladder.core.asking import numbers
from stepladder.core.question import case_word
from stepladder.core.stats import Floats
from stepladder.core.view import Section, Table, View
from stepladder.report.words import GLUE, day, in_words, listed, many, number

TITLE = "What to plan with"
PARTS = {"calibrate": "before choosing", "choose": "when choosing", "report": "exam"}
WHAT = ("forecast", "that came", "that came for each forecast")


def sentence(result: Result, view: View, currency: str) -> str:
    """The totals of what is to come as ranges; empty of old bake-offs."""
    found = _found(result, view)
    if not found:
        return ""
    ranges = [_range(one, _forecast(result, view, one), view.now_times, currency) for one in found]
    return f"Plan for {listed(ranges)}: {together(found)} (“{TITLE}”, below)."


def _found(result: Result, view: View) -> list[Total]:
    """The totals of the rung shown; where a list is made its money comes first."""
    budget = result.lists is not None and result.lists.budget
    found = result.totals.get(view.rung, ())
    return sorted(found, key=lambda one: one.unit != "money") if budget else list(found)


def section(result: Result, view: View, currency: str) -> list[Section]:
    """The windows one by one, and the range that their spread gives for the next."""
    found = _found(result, view)
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
    far = ", and ".join(f"what was forecast of {one.unit} {strayed(one)}" for one in found)
    return in_words(
        f"The ranges above speak for other {people}. A total strays further, by what all of them share: a "
        f"season, a price, a strike. Only whole windows of the past show how far: {far}. The windows below "
        f"do not overlap; the last line is for the next one: {together(found)}. Parts of the total, by week "
        f"or by group, stray at least as far. {ORDER}",
        {},
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


def _forecast(result: Result, view: View, total: Total) -> Floats | None:
    """What is forecast as of now of each; None where the page does not ask again."""
    answers = view.at_now.get(view.rung)
    if answers is None:
        return None
    worth = questions.load(result.question).worth(answers, view.history)
    if worth is not None and worth.unit == total.unit:
        return worth.expected
    return numbers(answers["prediction"])


def _range(total: Total, each: Floats | None, times: float, currency: str) -> str:
    unit = f"{GLUE}{currency}" if total.unit == "money" and currency else f" {total.unit}"
    if total.unit == "money" and not currency:
        unit = " in money"
    if each is None:
        return f"{total.low:.2f} to {total.high:.2f} for each of the{unit} forecast"
    forecast, off = float(np.nansum(each)) * times, by_lot(each, times)
    ends = total.low * (1 - off), total.high * (1 + off)
    low, high = (number(float(f"{forecast * end:.2g}")) for end in ends)
    return f"{low} to {high}{unit}"


def by_lot(each: Floats, times: float) -> float:
    """How far, as a share of it, a total may be off that is told by some drawn by lot: 95 times in 100.

    The standard error of a simple random sample, drawn from a finite population (Cochran, 1977, § 2.6).
    """
    known, total = each[~np.isnan(each)], float(np.nansum(each))
    if times <= 1 or total <= 0:
        return 0.0
    error = len(known) ** 0.5 * float(known.std(ddof=1)) * (1 - 1 / times) ** 0.5
    return min(1.96 * error / total, 1.0)
