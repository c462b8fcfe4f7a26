"""What is known of each customer: how often they came back, when last, and what they spent.

Several rows of a customer on one day are one purchase, their values added up. The first purchase
day is not a repeat. A day on which things only came back is no purchase, but its money counts.
Everybody is observed until the day before `now`.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.history import History

Floats = NDArray[np.float64]

QUERY = """
with days as (
  select customer, cast(day as date) as day, sum(value) as value,
    max(case when value < 0 then 0 else 1 end) as bought
  from purchases {only} group by 1, 2
),
firsts as (select customer, min(day) as first from days where bought = 1 group by customer)
select customer, count(case when bought = 1 then 1 end) - 1 as x,
  date_diff('day', min(first), max(case when bought = 1 then day end)) as t_x,
  date_diff('day', min(first), (select now from ask)) - 1 as T,
  count(case when bought = 1 and day > first then value end) as valued,
  sum(case when day > first then value end)
    / nullif(count(case when bought = 1 and day > first then value end), 0) as value
from days join firsts using (customer) group by customer order by customer
"""
ONLY = "where cast(customer as varchar) in (select cast(customer as varchar) from cases)"
SIZE = "select count(*) as n, min(customer) as low, max(customer) as high, min(value) as least from purchases"
STREAM = """
select cast(customer as bigint), cast(day as date), cast(value as double) from purchases
"""
EPOCH = date(1970, 1, 1)
LARGE = 5_000_000  # rows from which one streaming pass pays
FEW = 10_000  # cases up to which it pays to read their rows only


@dataclass(frozen=True)
class Summary:
    """One customer per place, sorted by customer; times in weeks.

    x repeat purchase days, t_x the last of them and T now, counted from the first purchase;
    value: mean value of the `valued` repeat purchase days whose value is known, else NaN.
    """

    customer: pa.Array
    x: Floats
    t_x: Floats
    T: Floats
    valued: Floats
    value: Floats


def summary(history: History, cases: pa.Table | None = None) -> Summary:
    """The purchases of each customer before `now` in six columns; few `cases` alone, where given.

    Large tables of whole-numbered customers in date order are read in one pass, all others grouped
    in SQL; the answer is the same.
    """
    few = cases is not None and len(cases) <= FEW
    if not few and (streamed := _streamed(history)) is not None:
        return streamed
    return _from_table(history.sql(QUERY.format(only=ONLY if few else ""), cases))


def _streamed(history: History) -> Summary | None:
    size = history.sql(SIZE)
    rows, low, high = (size[name][0].as_py() for name in ("n", "low", "high"))
    if rows < LARGE or (size["least"][0].as_py() or 0) < 0:  # returns are told apart in SQL
        return None
    if not isinstance(low, int) or high - low >= rows:
        return None
    if importlib.util.find_spec("numba") is None:
        return None
    from stepladder.questions.retention.btyd.day_collapse import collapse

    records = collapse(history.scan(STREAM), low, high - low + 1)
    return None if records is None else _from_records(records, low, history.now)


def _from_records(records: NDArray[Any], low: int, now: date) -> Summary:
    seen = np.flatnonzero(records["first"] >= 0)
    first, end = records["first"][seen], (now - EPOCH).days - 1
    valued = records["valued"][seen].astype(float)
    with np.errstate(invalid="ignore"):
        value = np.where(valued > 0, records["spent"][seen] / valued, np.nan)
    return Summary(
        pa.array(seen + low),
        records["x"][seen].astype(float),
        (records["last"][seen] - first) / 7.0,
        (end - first) / 7.0,
        valued,
        twelve_digits(value),
    )


def _from_table(table: pa.Table) -> Summary:
    def column(name: str) -> Floats:
        values = table[name]
        if values.null_count:
            values = pc.cast(values, pa.float64()).fill_null(np.nan)
        return np.array(values.to_numpy(), float)

    customer = table["customer"].combine_chunks()
    x, t_x, T, valued = (column(name) for name in ("x", "t_x", "T", "valued"))
    return Summary(customer, x, t_x / 7.0, T / 7.0, valued, twelve_digits(column("value")))


def twelve_digits(values: Floats) -> Floats:
    """Values without their last bits, which depend on the order in which they were added up."""
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**40), exponent - 40), float)


def places(cases: pa.Table, known: Summary) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each case stands in the summary, and whether it stands there at all."""
    wanted, there = cases["customer"].combine_chunks(), known.customer
    if wanted.equals(there):
        return np.arange(len(there)), np.ones(len(there), bool)
    if wanted.type != there.type:
        wanted, there = wanted.cast(pa.string()), there.cast(pa.string())
    where: Any = pc.index_in(wanted, value_set=there)
    found = np.array(where.is_valid())
    return np.array(where.fill_null(0)).astype(np.intp), found
