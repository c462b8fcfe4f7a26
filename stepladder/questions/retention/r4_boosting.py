"""Many small trees: they learn from recency, frequency and value who buys (gradient boosting).

LightGBM with a Poisson objective (Ke et al., 2017); the trees see what was known one horizon ago and
the purchases that came since. Value is the forecast times the customer's own average purchase, pulled
towards everybody's as if five average purchases joined it.

Trees need a row for every customer. Where more than a million are known they learn from a million drawn by
lot (drawn.py): a mean over a thousandth of them, as in a leaf, is then off by about 1/sqrt(1,000) = 3 % of
the spread within it.
"""

from __future__ import annotations

from datetime import timedelta

import lightgbm
import numpy as np
import pyarrow as pa

from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.retention.drawn import cost, only_drawn
from stepladder.questions.retention.rfm import fifths, segments

FEATURES = ("recency", "frequency", "age", "half", "one", "two", "monetary", "gap")
SETTINGS = {
    "objective": "poisson",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
VISITS = """
with visits as (
  select customer, day, sum(value) as value,
    case when max(case when value < 0 then 0 else 1 end) = 1 then day end as bought_on
  from purchases {only} group by customer, day
)
"""
USUAL = (
    VISITS
    + """
select sum(value) / nullif(count(case when bought_on is not null then value end), 0) as value
from visits
"""
)
PROFILE = (
    VISITS
    + """
select customer,
  date_diff('day', max(bought_on), max(now)) as recency,
  count(bought_on) as frequency,
  date_diff('day', min(bought_on), max(now)) as age,
  sum(case when date_diff('day', bought_on, now) <= horizon / 2 then 1 else 0 end) as half,
  sum(case when date_diff('day', bought_on, now) <= horizon then 1 else 0 end) as one,
  sum(case when date_diff('day', bought_on, now) <= 2 * horizon then 1 else 0 end) as two,
  (coalesce(sum(visits.value), 0) + 5 * max(usual.value))
    / (count(case when bought_on is not null then visits.value end) + 5) as monetary,
  date_diff('day', min(bought_on), max(bought_on)) / nullif(count(bought_on) - 1, 0) as gap
from visits cross join usual cross join ask
group by customer having count(bought_on) > 0 order by customer
"""
)
ANSWERED = (
    "select cases.customer as asked, profile.* from cases left join ("
    + PROFILE.format(only="semi join cases using (customer)")
    + ") as profile using (customer) order by asked"
)


def profile(history: History, usual: pa.Table, only: str = "") -> pa.Table:
    """What the trees see of each customer, in order; `usual`: what a purchase brings on average, one row."""
    return history.sql(PROFILE.format(only=only), usual=usual)


def usual(history: History, only: str = "") -> pa.Table:
    """What a purchase brings on average, one row: `value`, null where none says what it was worth."""
    return history.sql(USUAL.format(only=only))


def fit(history: History) -> Model:
    """Grow the trees on the customers known one horizon ago and what they bought since."""
    then = history.at(history.now - timedelta(days=history.ask.horizon))
    only = only_drawn(customers := _customers(then))
    known = profile(then, usual(then, only), only)
    if known.num_rows < 200:
        raise CannotStand(
            f"needs 200 customers known one horizon ago to learn from; there were {known.num_rows}"
        )
    came = history.sql(
        """select coalesce(visits, 0) as visits from cases left join (
          select customer, count(distinct day) as visits from purchases cross join ask
          where day >= learn_at and coalesce(value, 0) >= 0 group by customer
        ) using (customer) order by customer""",
        known.select(["customer"]),
    )
    target = _column(came, "visits")
    if not target.any():
        raise CannotStand(
            "nobody known one horizon ago has bought since, so there is nothing to learn"
        )
    data = lightgbm.Dataset(
        _matrix(known), target, feature_name=list(FEATURES), free_raw_data=False
    )
    settings = {**SETTINGS, "seed": history.ask.seed}
    tried = lightgbm.cv(
        settings, data, 400, nfold=5, stratified=False, seed=history.ask.seed,
        callbacks=[lightgbm.early_stopping(20, verbose=False)],
    )  # fmt: skip
    rounds = len(tried["valid poisson-mean"])
    trees = lightgbm.train(settings, data, rounds)
    edges = fifths(_column(known, "recency"), _column(known, "frequency"))
    # an average of all is learnt, not looked up: a customer is answered alone as among others
    mean = _column(usual(history, only), "value")[0]
    return {
        "trees": trees.model_to_string().encode(), "rounds": rounds, "fifths": edges,
        "usual": float(mean), "warnings": cost("The forecast", target, customers),
    }  # fmt: skip


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Each customer's expected purchases, from the trees, their money value, and their segment."""
    # a model of an earlier version has no average of its own
    mean = pa.table({"value": [model["usual"]]}) if "usual" in model else usual(history)
    known = history.sql(ANSWERED, cases, usual=mean)
    trees = lightgbm.Booster(model_str=model["trees"].decode())
    # a stranger has no recency: the trees have no opinion
    recency = _column(known, "recency")
    known_at_all = ~np.isnan(recency)
    prediction = np.where(known_at_all, trees.predict(_matrix(known), num_threads=1), np.nan)
    value = prediction * _column(known, "monetary")
    columns = {
        "customer": known["asked"],
        "prediction": pa.array(prediction, mask=np.isnan(prediction)),
        "value": pa.array(value, mask=np.isnan(value)),
    }
    if "fifths" in model:
        columns["segment"] = segments(model["fifths"], recency, _column(known, "frequency"))
    return pa.table(columns)


def _matrix(table: pa.Table) -> np.ndarray:
    return np.column_stack([_column(table, name) for name in FEATURES])


def _column(table: pa.Table, name: str) -> np.ndarray:
    return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)


def _customers(history: History) -> int:
    """How many had bought before now."""
    query = "select count(distinct customer) as n from purchases where coalesce(value, 0) >= 0"
    return int(history.sql(query)["n"][0].as_py())
