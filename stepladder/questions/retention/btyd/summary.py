"""What is known of each customer: how often they came back, when last, and what they spent.

Several rows of a customer on one day are one purchase, their values added up. The first purchase
day is not a repeat. A day on which things only came back is no purchase, but its money counts.
Everybody is observed until the day before `now`.
"""

from __future__ import annotations

from dataclasses import dataclass
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
ASKED = "semi join cases using (customer)"


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


def summary(history: History, cases: pa.Table | None = None, only: str = "") -> Summary:
    """The purchases of each customer before `now` in six columns; of these `cases` alone, where given.

    Only the rows of the cases are read into groups, however many others there are. `only`: a condition
    on rows instead, see drawn.py.
    """
    return _from_table(history.sql(QUERY.format(only=only if cases is None else ASKED), cases))


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
