"""How long customers wait from one purchase to the next: what tells regular buyers from others."""

from __future__ import annotations

import numpy as np

from stepladder.core.history import History

# Days first: several purchases of one day are one, so no gap is nothing.
QUERY = """
with days as (
  select customer, cast(day as date) as day from purchases group by 1, 2
  having max(case when value < 0 then 0 else 1 end) = 1
),
waits as (
  select date_diff('day', lag(day) over (partition by customer order by day), day) as gap from days
)
select gap, count(*) as many from waits where gap is not null group by gap order by gap
"""


def log_gaps(history: History) -> float:
    """The sum of the logarithms of all gaps between purchase days, in weeks.

    Added up gap by gap, so that the order of the rows changes nothing.
    """
    found = history.sql(QUERY)
    return float(found["many"].to_numpy() @ np.log(found["gap"].to_numpy() / 7.0))
