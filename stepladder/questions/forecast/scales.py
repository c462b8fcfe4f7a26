"""In which units a series' errors are counted: how far it usually is from itself a season earlier.

Scaled errors: Hyndman and Koehler (2006), "Another look at measures of forecast accuracy". With a floor: a
tenth of what a series of its level usually moves, or a series that hardly ever moves would count for all.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.questions.forecast.asked import EVERYONE
from stepladder.questions.forecast.levels import Tree

FEW = 50
RARE = 0.05  # so few values below zero are returns: nobody forecasts less than nothing
FLOOR = 0.1  # of what a series of this level usually moves
ABOVE = 4  # the kind of all that add up others
# joined by columns that stand there: a condition that needs `ask` too would be tried on every pair
EACH = """with earlier as (select series, value, ago - season as later from {rows} cross join ask),
lags as (
  select now.series, abs(now.value - earlier.value) as moved from {rows} as now
  join earlier on now.series = earlier.series and now.ago = earlier.later
),
moves as (select series, avg(moved) as moved from lags group by series),
levels as (
  select series, avg(abs(value)) as level, avg(case when value < 0 then 1.0 else 0.0 end) as below,
    max(case when value = floor(value) then 0 else 1 end) as broken
  from {rows} group by series
),
own as (
  select levels.series, moved, level, below, broken from levels left join moves using (series)
)"""
OWN = EACH.format(rows="readings")
# a series too short to have moved is taken to move as those of its level do
SCALED = f"""{OWN}
select cases.series, usual.moved as usual,
  greatest(coalesce(own.moved, kappa * level), {FLOOR} * kappa * level) as scale, own.moved as unfloored,
  case when broken = 0 then 1.0 else 0.0 end as whole, case when below < {RARE} then 0.0 end as least,
  case when own.moved > wild * level then 3 when own.moved > mild * level then 2
    when own.moved > calm * level then 1 else 0 end as kind
from cases left join own on cases.series = own.series cross join usual order by nth
"""
SUMMED = f"""{EACH.format(rows="sums")},
usual as (select coalesce(median(moved / level), 1.0) as kappa from own where level > 0)
select greatest(coalesce(moved, kappa * level), {FLOOR} * kappa * level) as scale
from own cross join usual order by series
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


def above(past: History, tree: Tree, own: pa.Table) -> pa.Table:
    """The same for what the series add up to, from their sums: series, scale, whole, least, kind 4.

    A sum is whole, or never below zero, where all that it adds up are. `own`: what is said of these.
    """
    rows = past.sql(SUMMED, sums=_sums(past, tree))
    scale = rows["scale"].to_numpy()
    whole, least = (
        own[name].to_numpy(zero_copy_only=False).astype(float) for name in ("whole", "least")
    )
    broken, below = (tree.sums(each) > 0 for each in (whole != 1.0, np.isnan(least)))
    return pa.table({
        "series": tree.names.cast(own.schema.field("series").type),
        "scale": np.where(scale > 0, scale, 1.0),
        "whole": np.where(broken, 0.0, 1.0),
        "least": pa.array(np.zeros(len(below)), mask=below),
        "kind": np.full(len(scale), ABOVE),
    })  # fmt: skip


def _sums(past: History, tree: Tree) -> pa.Table:
    """The past of the upper series, by their place in the tree: series, ago, value.

    Each level is made of the one below it. What is missing counts as nothing, as before a series began.
    """
    below = tree.path[-1]
    pairs = tree.bottom.append_column("above", pa.array(below))
    query = """select above as series, ago, sum(value) as value
        from {rows} join pairs using (series) group by above, ago"""
    found = [past.sql(query.format(rows="readings"), pairs=pairs)]
    for upper in tree.path[-2::-1]:
        once = np.unique(np.stack([below, upper]), axis=1)
        pairs = pa.table({"series": once[0], "above": once[1]})
        found.append(past.sql(query.format(rows="sums"), pairs=pairs, sums=found[-1]))
        below = upper
    return pa.concat_tables(found)
