"""In which units a series' errors are counted: how far it usually is from itself a season earlier.

Scaled errors: Hyndman and Koehler (2006), "Another look at measures of forecast accuracy". With a floor: a
tenth of what a series of its level usually moves, or a series that hardly ever moves would count for all.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core import predictions
from stepladder.core.history import History

FEW = 50
EVERYONE = "select distinct series from series order by series"
RARE = 0.05  # so few values below zero are returns: nobody forecasts less than nothing
FLOOR = 0.1  # of what a series of this level usually moves
# joined by columns that stand there: a condition that needs `ask` too would be tried on every pair
OWN = """with earlier as (select series, value, ago - season as later from readings cross join ask),
lags as (
  select now.series, abs(now.value - earlier.value) as moved from readings as now
  join earlier on now.series = earlier.series and now.ago = earlier.later
),
moves as (select series, avg(moved) as moved from lags group by series),
levels as (
  select series, avg(abs(value)) as level, avg(case when value < 0 then 1.0 else 0.0 end) as below,
    max(case when value = floor(value) then 0 else 1 end) as broken
  from readings group by series
),
own as (
  select levels.series, moved, level, below, broken from levels left join moves using (series)
)"""
# a series too short to have moved is taken to move as those of its level do
SCALED = f"""{OWN}
select cases.series, usual.moved as usual,
  greatest(coalesce(own.moved, kappa * level), {FLOOR} * kappa * level) as scale, own.moved as unfloored,
  case when broken = 0 then 1.0 else 0.0 end as whole, case when below < {RARE} then 0.0 end as least,
  case when own.moved / level > wild then 3 when own.moved / level > mild then 2
    when own.moved / level > calm then 1 else 0 end as kind
from cases left join own on cases.series = own.series cross join usual order by nth
"""


def own(past: History, cases: pa.Table) -> pa.Table:
    """For each case: series, scale, unfloored, whole (counts), least (0: hardly any was below), kind 0 … 3.

    A series of zeros has the scale 1 where it counts things, else the median of all; so has a stranger.
    Worked out once for all series of a moment, unless only a few are asked about.
    """
    asked = cases.select(["series"])
    if asked.num_rows < FEW:
        return _worked_out(past, asked)
    everyone = past.once("scales", lambda: _worked_out(past, past.sql(EVERYONE)))
    at = predictions.places(asked, everyone, ["series"])
    if at.null_count:  # somebody of whom nothing is known
        return _worked_out(past, asked)
    return everyone.take(at)


def _worked_out(past: History, asked: pa.Table) -> pa.Table:
    rows = past.sql(SCALED, asked.append_column("nth", pa.array(np.arange(asked.num_rows))))
    scale, usual, whole = (
        rows[name].to_numpy(zero_copy_only=False).astype(float)
        for name in ("scale", "usual", "whole")
    )
    none = np.isnan(scale) | (scale <= 0)
    scale = np.where(none, np.where(whole == 1.0, 1.0, usual), scale)
    at = rows.column_names.index("scale")
    return rows.set_column(at, "scale", pa.array(scale)).drop_columns(["usual"])
