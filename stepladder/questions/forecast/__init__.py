"""How much of each will there be, in every period ahead?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import outcomes
from stepladder.core.ask import Ask
from stepladder.core.asking import beside
from stepladder.core.history import History
from stepladder.core.question import (
    Completed,
    Demo,
    Doubt,
    Intervals,
    Kind,
    Lookup,
    Own,
    Reference,
    Rule,
)
from stepladder.core.reasoned import reasoned
from stepladder.core.stats import Floats
from stepladder.money import unit_prices
from stepladder.money.units import UnitPrices
from stepladder.questions.forecast import (
    carried,
    finished,
    foreseen,
    levels,
    public_holidays,
    scales,
)
from stepladder.questions.forecast.asked import everyone, living
from stepladder.questions.forecast.checks import CHECKS
from stepladder.questions.forecast.glance import glance
from stepladder.questions.forecast.readings import KNOWN, SERIES
from stepladder.questions.forecast.replays import holdouts
from stepladder.questions.forecast.settings import Settings, steps
from stepladder.questions.forecast.settings import found as settings
from stepladder.questions.forecast.views import views

__all__ = ["CHECKS", "Settings", "glance", "holdouts", "settings", "views"]

WORDS = "How much of each will there be, in every period ahead?"
PREDICTION = "how much of the series is expected in that period"
LOSS = (
    "Scaled absolute error (MASE): how far a forecast is off, in units of how far the series usually "
    "is from itself one season earlier. Zero is a perfect forecast."
)
LOSS_IN_MONEY = (
    "Money lost per series by forecasts that are off: each one too many costs what [prices] says of over, "
    "each one too few what it says of under. Zero is a perfect forecast."
)
TABLES = (SERIES, KNOWN)
CASE = UNIT = ("series",)
KEYS = ("series", "time")
EXTRAS: dict[str, Kind] = {"low80": "number", "high80": "number", "level": "text"}
INTERVALS: Intervals = "number"
LABELS: Mapping[str, float] = {}
REFERENCE = ("r1_last_season", "r1_last_value")
OWN = Own("series", many=True)
GAIN = "the difference between repeating what was and the best rung"
DERIVED: tuple[str, ...] = ("usual",)
GLOSSARY = {
    "Season": "The number of periods after which a series looks alike again, such as 7 days where weekends "
    "differ from working days, or 12 months.",
    "Off in its own units (MASE)": "The forecast's average error, divided by the average change of "
    "the series from one season "
    "to the next. Below 1 the forecast is nearer than seasons usually are to each other.",
    "Fading trend (theta)": "A formula that takes the season out, smooths what is left, and follows "
    "its straight line "
    "half the way (Assimakopoulos and Nikolopoulos, 2000).",
}
DEMO = Demo(
    "../data/online_retail.parquet",
    {"time": "InvoiceDate", "value": "Quantity"},
    {"by": ("StockCode",), "every": "day", "top": 1000},
    "Online Retail: daily units of the 1,000 best-selling articles of a British online shop for gifts, "
    "December 2010 to December 2011 (Daqing Chen, UCI Machine Learning Repository, CC BY 4.0)",
)
LOOKUPS: Mapping[str, Lookup] = {}
AHEAD = {"hour": 2, "day": 14, "week": 56, "month": 365, "quarter": 365, "year": 730}  # days


def horizon(days: int, ask: Ask) -> int:
    """Two days of hours, two weeks of days, eight weeks, a year of months; a sixth of the data at most."""
    return max(min(AHEAD[ask.settings.every], days // 6), 1)


def check(history: History) -> None:
    """Refuse what the data do not carry, names that fit no level, and gaps in what is known ahead."""
    levels.check(history)
    public_holidays.refuse(history)
    carried.refuse(history)
    foreseen.refuse_gaps(history, everyone(history))


def doubts(history: History) -> tuple[Doubt, ...]:
    """None: what the readings leave open is asked when they are read."""
    return ()


def rules(ask: Ask) -> tuple[Rule, ...]:
    """None: no setting names a column."""
    return ()


def cases(ask: Ask) -> str:
    """Every series that has not ended: series."""
    return living(ask)


def rows(ask: Ask) -> int:
    """One for each period ahead."""
    return steps(ask)


def adds_up(ask: Ask) -> bool:
    """With levels: a shop is all its articles."""
    return bool(ask.settings.levels)


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """A rung's forecasts: periods it left out are the reference's; counts are whole, none is below zero.

    Of all series also what they add up to, level by level.
    """
    return finished.complete(answers, reference(), past, cases)


def scale(past: History, cases: pa.Table) -> pa.Table:
    """How far each series strays by nature, of which kind it is, and how far ahead each period lies."""
    own = scales.own(past, cases).drop_columns(["unfloored"])
    if tree := levels.above(past, cases):
        own = pa.concat_tables([own, scales.above(past, tree, own)], promote_options="permissive")
    return past.sql(
        "select series, time, step, scale, kind, whole, least from own cross join ahead", own=own
    )


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """What came in each period ahead: series, time, actual; null where nothing is known of it.

    With levels, what came of these series in sum too, in rows that are `summed`: null where nothing is
    known of one of them.
    """
    kept = past.once("outcome", dict[str, tuple[History, pa.Table, pa.Table]])
    last = kept.get("last")  # every rung is held against the same
    if last is None or last[0] is not later or not last[1].equals(cases):
        kept["last"] = last = later, cases, _came(past, later, cases)
    return last[2]


def _came(past: History, later: History, cases: pa.Table) -> pa.Table:
    tree = levels.among(past, cases)
    if tree is not None:
        cases = tree.without_upper(cases)
    asked = past.sql("select series, time from cases cross join ahead", cases.select(["series"]))
    came = later.sql(
        """select asked.series, asked.time, value as actual from asked
        left join series on asked.series = series.series and asked.time = series.time
        order by asked.series, asked.time""",
        asked=asked,
    )
    return came if tree is None else levels.with_sums(came, tree)


def worth(answers: pa.Table, past: History) -> None:
    """None: a series has several periods, and nobody picks series by them."""


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """The mean scaled error of every series of which something came: series, loss, weight.

    Where prices are given, its money over all periods ahead; those of which nothing is known as the others.
    One series alone has nobody to be compared with: each window is a unit of its own then.
    """
    price = unit_prices(past.ask)
    if price:
        off = _cost(predictions, past, later, cases, price)
    else:
        off = _scaled(predictions, past, later, cases, "scale")
    unit = "series"
    if len(past.sql("select distinct series from series limit 2")) == 1:
        unit = f"concat(cast(series as varchar), ', from ', '{past.now}')"
    return later.sql(
        f"""select {unit} as series, avg(off) as loss, 1.0::double as weight
        from off group by {unit} order by {unit}""",
        off=off,
    )


def _cost(
    predictions: pa.Table, past: History, later: History, cases: pa.Table, price: UnitPrices
) -> pa.Table:
    """What every known period's forecast cost, times the periods ahead: series, off."""
    said, actual, _, rows = beside(
        predictions, outcomes.own(outcome(past, later, cases)), KEYS, LABELS
    )
    lost = price.lost(said, actual) * steps(past.ask)
    return pa.table({"series": predictions["series"].take(pa.array(rows)), "off": lost})


def _scaled(
    predictions: pa.Table, past: History, later: History, cases: pa.Table, by: str
) -> pa.Table:
    """Every known period's absolute error in the series' own units: series, off."""
    own = scales.own(past, cases).select(["series", by]).rename_columns(["series", "scale"])
    both = beside(predictions, outcomes.own(outcome(past, later, cases)), KEYS, LABELS, scale=own)
    assert both.scale is not None
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(both.actual - both.predicted) / both.scale.size
    return pa.table({"series": predictions["series"].take(pa.array(both.rows)), "off": off})


LATEST = """
with asked as (select answers.series, answers.time, step from answers join ahead using (time)),
alike as (
  select asked.series, asked.time, past.row, past.value,
    row_number() over (partition by asked.series, asked.time order by past.ago) as nth
  from asked cross join ask join readings as past
    on asked.series = past.series and (past.ago + asked.step - 1) % season = 0
)
select series, time, row, value from alike where nth <= 3 order by series, time, nth
"""


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """The series' own latest values a season, two and three before; what adds up others says so."""
    rows = history.sql(LATEST, answers=answers)
    table = reasoned(answers, rows, _said(rows, history.ask.settings.every), KEYS)
    summed = pc.not_equal(answers["level"], "".join(history.ask.settings.levels[-1:]))
    words = pc.if_else(pc.fill_null(summed, False), "all series of it added up", table["because"])
    return table.set_column(table.column_names.index("because"), "because", words)


def _said(rows: pa.Table, every: str) -> pa.Table:
    """What the latest values of each answer are, in words: series, time, because."""
    values = rows.group_by(list(KEYS), use_threads=False).aggregate([("value", "list")])
    words = [
        f"the last such {every}s had {'; '.join(map(_figure, each))}"
        for each in values["value_list"].to_pylist()
    ]
    return values.select(list(KEYS)).append_column("because", pa.array(words, pa.string()))


def _figure(value: float) -> str:
    """A value as people write it; a whole number without a point."""
    return f"{int(value):,}" if abs(value) < 1e15 and value == int(value) else f"{value:,.6g}"


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Footnotes in lay words; they choose nothing."""
    came = outcome(past, later, cases)
    said, actual, _, _ = beside(predictions, outcomes.own(came), KEYS, LABELS)
    size = np.maximum(np.abs(said) + np.abs(actual), 1e-12)
    rows = [
        ("mase", _mase(predictions, past, later, cases),
         "times as far off as a series usually is from itself a season earlier: below 1 is nearer (MASE, "
         "of series that ever moved, without a floor)", "Off, in each series' own units"),
        ("smape", float(np.mean(200 * np.abs(said - actual) / size)),
         "per cent of the mean of forecast and outcome, each period by itself (sMAPE); 200 where only one of "
         "them is zero", "Off, in per cent"),
        ("bias", float((said - actual).sum() / max(np.abs(actual).sum(), 1e-12)),
         "of all that came is the forecast too high; with a minus, too low (bias)", "Too high or too low"),
        *levels.misses(predictions, came),
    ]  # fmt: skip
    return pa.Table.from_arrays(
        [pa.array(column) for column in zip(*rows, strict=True)],
        ["name", "value", "sentence", "title"],
    )


def _mase(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> float:
    off = _scaled(predictions, past, later, cases, "unfloored")
    off = off.filter(pc.is_finite(off["off"]))
    by_series = later.sql("select avg(off) as off from off group by series", off=off)
    found: Floats = by_series["off"].to_numpy()
    return float(found.mean()) if len(found) else 0.0
