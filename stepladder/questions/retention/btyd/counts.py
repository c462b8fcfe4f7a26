"""How many customers share each history: what the formulas learn from, however many customers there are.

Customers are counted in the engine, by how often they came back, when last, and since when they are known:
what reaches this process grows with the number of different histories, far slower than with customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.history import History

Floats = NDArray[np.float64]

# One pass for both countings: finding the days on which each customer bought is most of the work.
QUERY = """
with days as (
  select distinct customer, cast(day as date) as day from purchases where coalesce(value, 0) >= 0
),
customers as (
  select count(*) - 1 as x, min(day) as first, max(day) as last,
    max(case when day < learn_at then day end) as last_then,
    count(case when day < learn_at then 1 end) as frequency
  from days cross join ask group by customer
),
histories as (
  select x, date_diff('day', first, last) as t_x, date_diff('day', first, now) - 1 as T,
    date_diff('day', last_then, learn_at) as recency, frequency
  from customers cross join ask
)
select x, t_x, T, recency, frequency, count(*) as weight from histories
group by grouping sets ((x, t_x, T), (recency, frequency))
"""


@dataclass(frozen=True)
class Counts:
    """Histories now, as in Summary but in no order, (histories,), each of `weight` customers.

    `then`: days since the last purchase, number of days with one, and customers: (3, …), of those known
    one horizon ago as it was then.
    """

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats
    then: Floats

    @property
    def customers(self) -> int:
        """How many there are."""
        return int(self.weight.sum())


def counts(history: History) -> Counts:
    """The purchases of all customers before `now`, counted; read as a stream, for histories may be many.

    Rows of one day are one purchase, and a day on which things only came back is none, as in summary.py.
    """
    found = history.scan(QUERY).read_all()
    now, then = found.filter(pc.is_valid(found["x"])), found.filter(pc.is_valid(found["recency"]))
    x, t_x, T, weight = (_numbers(now[name]) for name in ("x", "t_x", "T", "weight"))
    earlier = np.stack([_numbers(then[name]) for name in ("recency", "frequency", "weight")])
    return Counts(x, t_x / 7.0, T / 7.0, weight, earlier)


def _numbers(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(), float)
