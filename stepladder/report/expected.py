"""What is to come in all: the forecast, how wide to plan, and how far off it was last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder import questions
from stepladder.bakeoff.result import Result
from stepladder.bakeoff.totals import Total, TotalAt, how_sure
from stepladder.core.asking import numbers
from stepladder.core.history import History
from stepladder.core.stats import Floats
from stepladder.core.view import Chart, Expected, View
from stepladder.money import currency
from stepladder.report.words import GLUE, day, number, percent

MONEY = "money"  # the unit of a total that is one


class AsOfNow(Protocol):
    """What a total needs of a `View`: a rung, and its answers as of now, where it was asked for them."""

    @property
    def rung(self) -> str:
        """Whose total it is."""

    @property
    def at_now(self) -> Mapping[str, pa.Table]:
        """Rung -> its answers as of now."""

    @property
    def history(self) -> History:
        """Everything known, up to now."""

    @property
    def now_times(self) -> float:
        """How many of everybody each of those answered stands for."""


def expected(result: Result, view: View, chart: Chart) -> list[Expected]:
    """The totals of the rung shown, those in money first where a list is made; else what the chart says.

    Bake-offs of before totals were kept have what was counted alone, without a range.
    """
    found, counted = of_totals(result, view), chart.COUNTED
    if found:
        return found
    if not counted:
        said: list[Expected] = chart.expected(view) if hasattr(chart, "expected") else []
        return said
    window = result.windows[-1]
    total = (pc.sum(view.at_cutoff[view.rung]["prediction"]).as_py() or 0.0) * window.times
    last = TotalAt(window.now, window.until, window.role, total, window.actual)
    each = forecast(result, view, counted)
    now = None if each is None else float(np.nansum(each)) * view.now_times
    what = "" if now is None else f"About {_about(now)} {counted}"
    return [Expected(what, "", _last(last, counted, now))]


def of_totals(result: Result, view: AsOfNow) -> list[Expected]:
    """What is to come in all by the rung shown; none where no totals were kept."""
    return [_one(result, view, each) for each in totals(result, view)]


def totals(result: Result, view: AsOfNow) -> list[Total]:
    """The totals of the rung shown; where a list is made its money comes first."""
    budget = result.lists is not None and result.lists.budget
    found = result.totals.get(view.rung, ())
    return sorted(found, key=lambda one: one.unit != MONEY) if budget else list(found)


def forecast(result: Result, view: AsOfNow, unit: str) -> Floats | None:
    """What is forecast as of now of each; None where the page does not ask again."""
    answers = view.at_now.get(view.rung)
    if answers is None:
        return None
    worth = questions.load(result.question).worth(answers, view.history)
    if worth is not None and worth.unit == unit:
        return worth.expected
    return numbers(answers["prediction"])


def money_of(result: Result, view: AsOfNow) -> str:
    """The currency of the data's amounts: as prices say, else as the cleaner was told; else empty."""
    read = (table["report"].get("choices") or {} for table in result.data.values())
    told = (str(choices["currency"]) for choices in read if choices.get("currency"))
    return currency(view.history.ask) or next(told, "")


def unit_of(result: Result, view: AsOfNow, unit: str) -> str:
    """What is added up, as it stands behind a figure: purchases, USD, in the currency of your data."""
    if unit != MONEY:
        return unit
    return money_of(result, view) or "in the currency of your data"


def by_lot(each: Floats, times: float) -> float:
    """How far, as a share of it, a total may be off that is told by some drawn by lot: 95 of 100 times.

    The standard error of a simple random sample, drawn from a finite population (Cochran, 1977, § 2.6).
    """
    known, total = each[~np.isnan(each)], float(np.nansum(each))
    if times <= 1 or total <= 0:
        return 0.0
    error = len(known) ** 0.5 * float(known.std(ddof=1)) * (1 - 1 / times) ** 0.5
    return min(1.96 * error / total, 1.0)


def off(at: TotalAt) -> str:
    """How far the total of a window was off, in words: 11 % too high; as it is where nothing came."""
    if at.came <= 0 or abs(share := at.forecast / at.came - 1) < 0.005:
        return "right to the percent" if at.came > 0 else "too high: nothing came"
    return f"{percent(abs(share))} too {'high' if share > 0 else 'low'}"


def _one(result: Result, view: AsOfNow, total: Total) -> Expected:
    unit, each = unit_of(result, view, total.unit), forecast(result, view, total.unit)
    now = None if each is None else float(np.nansum(each)) * view.now_times
    stray = 0.0 if each is None else by_lot(each, view.now_times)
    what = "" if now is None else f"About {_about(now)}{_gap(total.unit)}{unit}"
    last = next((at for at in reversed(total.windows) if at.role == "report"), None)
    return Expected(what, _plan(total, now, stray, unit), _last(last, unit, now))


def _gap(unit: str) -> str:
    return GLUE if unit == MONEY else " "


def _plan(total: Total, now: float | None, stray: float, unit: str) -> str:
    sure = how_sure(len(total.windows), total.sure)
    if now is None:
        per_100 = " to ".join(f"{100 * end:.0f}" for end in (total.low, total.high))
        return f"For every 100 {unit} forecast plan for {per_100}: {sure}."
    ends = total.low * (1 - stray), total.high * (1 + stray)
    low, high = (_rounded(now * end) for end in ends)
    return f"Plan for {low} to {high}{_gap(total.unit)}{unit}: {sure}."


def _last(at: TotalAt | None, unit: str, now: float | None) -> str:
    if at is None or at.forecast <= 0:
        return "There is no last time to hold this against."
    said = (
        f"Last time, from {day(at.now)}, {number(round(at.forecast))} were forecast and "
        f"{number(round(at.came))} came: {off(at)}."
    )
    if now is None or at.came <= 0 or "too" not in off(at):
        return said
    return f"{said} If it errs so again, plan for about {_rounded(now * at.came / at.forecast)}."


def _rounded(value: float) -> str:
    return number(float(f"{value:.2g}"))


def _about(value: float) -> str:
    return number(float(f"{value:.3g}"))
