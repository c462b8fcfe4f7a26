"""Who will buy again, how often, and what are they worth?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import numpy as np
import pyarrow as pa

from stepladder.core import ask as core
from stepladder.core import predictions
from stepladder.core.ask import Ask
from stepladder.core.cutoffs import cutoffs
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import (
    Completed,
    Demo,
    Doubt,
    Holdout,
    Intervals,
    Kind,
    Lookup,
    Own,
    Reference,
    Rule,
    Worth,
)
from stepladder.core.reasoned import reasoned
from stepladder.money import Prices, prices
from stepladder.money.budget import lost, on_the_list
from stepladder.questions.retention.checks import CHECKS as CHECKS
from stepladder.questions.retention.purchases import PURCHASES

WORDS = "Who will buy again, how often, and what are they worth?"
PREDICTION = "how many times the customer is expected to buy in the next {horizon} days"
LOSS = (
    "Surprise (Poisson deviance): how much a forecast is surprised by the number of purchases that "
    "came. Zero is "
    "a perfect forecast; missing a heavy buyer costs more than missing an occasional one."
)
LOSS_IN_MONEY = (
    "Money lost per customer by acting on the forecast: contacting somebody who did not earn the "
    "contact back, or leaving out somebody who would have."
)
TABLES = (PURCHASES,)
CASE = KEYS = UNIT = ("customer",)
EXTRAS: dict[str, Kind] = {
    "alive": "share",
    "value": "number",
    "segment": "text",
}
INTERVALS: Intervals = "count"
LABELS: Mapping[str, float] = {}
REFERENCE = "r1_same_for_all"
OWN = Own("purchases")
FLOOR = 0.01  # of the reference's forecast: nobody is surer than that
GAIN = "the difference between one forecast for everybody and the best rung"
DERIVED: tuple[str, ...] = ()
LOOKUPS: Mapping[str, Lookup] = {}
GLOSSARY = {
    "Repeat purchase": "A day on which a customer bought again. Several purchases on one day count "
    "once, and the first purchase ever is not a repeat.",
    "Still a customer, P(alive)": "The chance that a customer is still a customer at all. Somebody "
    "who bought weekly "
    "and then stopped for months is probably gone; somebody who buys twice a year may just be "
    "between purchases.",
    "Fifths (RFM)": "Recency (how long ago the last purchase was), Frequency (how many there were), Monetary "
    "value (how much each was worth): three numbers per customer, cut into fifths.",
    "Pace and leaving (BG/NBD, Pareto/NBD)": "Two formulas from marketing science. Each customer "
    "buys at a pace of "
    "their own and may quietly leave for good; the formula works out both from the dates.",
    "Steady pace and leaving (MBG/CNBD-k)": "A formula for people who buy at regular intervals, say "
    "every other "
    "week. Its figure k, learnt from the dates, says how regularly: at 1 purchases come at random, at 4 "
    "the days between two of them stray from the usual by about half. The more regular somebody was, the "
    "sooner a missed purchase says that they left.",
    "Worth of a purchase (Gamma–Gamma)": "A formula for what a customer spends per purchase: their "
    "own average, pulled "
    "towards everybody's average as far as their purchases are few.",
    "Many small trees (gradient boosting)": "A machine-learning method that adds up many small "
    "decision trees, each "
    "mending the errors of those before.",
}
DEMO = Demo(
    "cdnow.parquet",
    {"customer": "customer_id", "day": "date", "value": "amount"},
    # equal rows are equal purchases here: the published figures count their money, in dollars
    {"duplicates": "keep", "currency": "USD"},
    "CDNOW: every purchase of the 23,570 people who first bought there in January to March 1997, "
    "up to June 1998 (Fader & Hardie, brucehardie.com)",
)


class Settings(core.Settings):
    """What acting on a customer earns and costs, where the business judges by money."""

    prices: Prices | None = None


def settings(history: History) -> str:
    """How to judge by money, for whoever wants to."""
    return """
# To judge by money instead: contact a customer if predicted value × margin > cost.
# [prices]
# margin = 0.30
# cost = 2.00
# currency = "EUR"
# contacts = 500  # if only so many can be contacted, or "10 %" of all; or spend = 2000
"""


def horizon(days: int, ask: Ask) -> int:
    """A sixth of the data's span, in whole weeks where there are any."""
    sixth = max(days // 6, 1)
    return sixth - sixth % 7 if sixth >= 7 else sixth


def check(history: History) -> None:
    """Refuse data in which nobody can be told from anybody else, or nothing was ever repeated."""
    found = history.sql(
        """select count(*) as customers, count(*) filter (first < last) as again, min(first) as first,
        max(last) as last, sum(valued) as valued from (
          select customer, min(day) as first, max(day) as last, count(value) as valued
          from purchases where coalesce(value, 0) >= 0 group by customer)"""
    ).to_pylist()[0]
    remedy = (
        "check which columns were read (stepladder new --column customer=NAME names another), "
        "or bring more history"
    )
    if found["customers"] < 2:
        raise Problem(f"{found['customers']} customer", "retention compares customers", remedy)
    if found["first"] == found["last"]:
        raise Problem("all purchases are on one day", "retention needs purchases over time", remedy)
    if not found["again"]:
        raise Problem(
            f"each of the {found['customers']:,} customers bought on one day only",
            "retention learns from those who came back, and nobody did",
            remedy,
        )
    if prices(history.ask) and not found["valued"]:
        raise Problem(
            "question.toml has [prices], but no purchase has a value",
            "money can be reckoned only where the purchases say what they were worth",
            "name the column with stepladder new --column value=NAME, or remove [prices]",
        )


def doubts(history: History) -> tuple[Doubt, ...]:
    """None: there is nothing that the data alone could ask for."""
    return ()


def rules(ask: Ask) -> tuple[Rule, ...]:
    """None: no setting names a column."""
    return ()


def views(ask: Ask) -> Mapping[str, str]:
    """None: rungs see the purchases as they are."""
    return {}


def cases(ask: Ask) -> str:
    """Everyone who had bought before now: what only came back is no purchase."""
    return "select distinct customer from purchases where coalesce(value, 0) >= 0"


def rows(ask: Ask) -> int:
    """One: a forecast."""
    return 1


def adds_up(ask: Ask) -> bool:
    """No: every customer is answered for themselves."""
    return False


def holdouts(history: History) -> Iterator[Holdout]:
    """Replays of the past that each leave at least two horizons to learn from, earliest first."""
    check(history)
    span = timedelta(days=history.ask.horizon)
    first = history.sql("select min(day) as first from purchases")["first"][0].as_py()
    stands = cutoffs(history.ask.cutoffs, history.now, first, span)
    earlier = stands[0][0] - span
    if earlier - first >= 2 * span:
        stands.insert(0, (earlier, "calibrate"))
    for cutoff, role in stands:
        yield Holdout(history.at(cutoff), history.at(cutoff + span), role)


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """A rung's forecasts: nulls are the reference's, and nothing is quite zero."""
    return predictions.complete(answers, reference(), FLOOR, KEYS)


def scale(past: History, cases: pa.Table) -> None:
    """Nothing: customers who are forecast alike stray alike."""


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """How often each customer bought in the window, and for how much: customer, actual, actual_value."""
    return later.sql(
        f"""select customer, coalesce(visits, 0) as actual, coalesce(money, 0) as actual_value
        from cases left join (
          select customer, sum(value) as money,
            count(distinct case when value < 0 then null else day end) as visits
          from purchases where day >= date '{past.now}' group by customer
        ) as came using (customer) order by nth""",
        cases.append_column("nth", pa.array(np.arange(cases.num_rows))),
    )


def worth(answers: pa.Table, past: History) -> Worth:
    """Money where the purchases say what they were worth, else how many there will be."""
    usual = past.once("usual", lambda: _usual(past))  # also where it is asked part by part
    if usual is None:
        return Worth(answers["prediction"].to_numpy(), "actual", "purchases")
    given = answers["value"].to_numpy(zero_copy_only=False)
    fallback = answers["prediction"].to_numpy() * usual
    return Worth(np.where(np.isnan(given), fallback, given), "actual_value", "money")


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """What each forecast cost: Poisson deviance, or regret in money where prices are given."""
    came = outcome(past, later, cases)
    if price := prices(past.ask):
        earned = worth(predictions, past).expected * price.margin - price.cost
        actual = came["actual_value"].to_numpy() * price.margin - price.cost
        cost, weight = lost(earned, actual, price)
    else:
        cost = deviance(came["actual"].to_numpy(), predictions["prediction"].to_numpy())
        weight = np.ones(len(cost))
    return pa.table({"customer": cases["customer"], "loss": cost, "weight": weight})


def deviance(actual: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Poisson deviance 2(y ln(y/μ) − (y − μ)) of each case, infinite where μ = 0 < y."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(actual > 0, actual * np.log(actual / mean), 0.0)
    return 2 * (log - (actual - mean))


def _usual(past: History) -> float | None:
    """What a purchase brings on average; None where none says what it was worth."""
    found: float | None = past.sql(
        """select sum(v) / nullif(sum(bought), 0) as v from (
          select sum(value) as v, max(case when value >= 0 then 1 else 0 end) as bought
          from purchases group by customer, day)"""
    )["v"][0].as_py()
    return found


LATEST = """
select customer, row from (
  select customer, row, row_number() over (partition by customer order by day desc, row desc) as nth
  from purchases where customer in (select customer from answers)
) as bought where nth <= 5 order by customer, nth
"""
SAID = """
select customer, 'bought on ' || count(distinct case when value < 0 then null else day end)
    || ' days, last on ' || max(case when value < 0 then null else day end) as because
from purchases where customer in (select customer from answers) group by customer
"""


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """The customer's own latest purchases, which is what every rung looks at."""
    rows, said = (history.sql(query, answers=answers) for query in (LATEST, SAID))
    return reasoned(answers, rows, said, KEYS)


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Footnotes in lay words; they choose nothing."""
    came = outcome(past, later, cases)
    actual, mean = came["actual"].to_numpy(), predictions["prediction"].to_numpy()
    places, total = max(len(mean) // 10, 1), max(actual.sum(), 1)
    rows = [
        ("total", mean.sum() / total, "purchases forecast in total, for each one that came"),
        ("top tenth", on_the_list(mean, places) @ actual / total,
         "of all purchases that came were made by the tenth of customers ranked highest"),
        ("absolute error", np.abs(actual - mean).mean(), "purchases the forecast is off, per customer"),
    ]  # fmt: skip
    if (money := came["actual_value"].to_numpy()).any():
        value = worth(predictions, past).expected.sum() / max(money.sum(), 1e-9)
        rows.append(("total value", value, "money forecast in total, for each unit that came"))
    names, values, sentences = zip(*rows, strict=True)
    return pa.table({"name": names, "value": [float(v) for v in values], "sentence": sentences})
