"""Series side by side as a matrix, a row each and a column a period, the last column the one before now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History
from stepladder.core.stats import Floats

VALUES = """
select nth, ago, value from cases join readings on cases.series = readings.series
where ago <= {most} order by nth, ago
"""


@dataclass(frozen=True)
class Matrix:
    """Values by series and period, NaN where there is none; the times asked about, and the season."""

    cases: pa.Table
    values: Floats
    times: pa.Array
    season: int

    @property
    def steps(self) -> int:
        """How many periods ahead are asked about."""
        return len(self.times)

    def answers(self, said: Floats) -> pa.Table:
        """A matrix of forecasts, series × steps, as a table: series, time, prediction.

        A series without any opinion is one empty row.
        """
        at = np.repeat(np.arange(len(said)), self.steps)
        times = self.times.take(pa.array(np.tile(np.arange(self.steps), len(said))))
        unknown = ~np.isfinite(said)
        kept = ~unknown
        kept[unknown.all(axis=1), 0] = True
        rows = pa.array(np.flatnonzero(kept.ravel()))
        missing = pa.array(unknown.ravel()).take(rows)
        nothing = pa.nulls(len(rows), self.times.type)
        values = pa.array(said.ravel(), mask=unknown.ravel())
        return pa.table(
            {
                "series": self.cases["series"].take(pa.array(at)).take(rows),
                "time": pc.if_else(missing, nothing, times.take(rows)),
                "prediction": values.take(rows),
            }
        )


def wide(history: History, cases: pa.Table, most: int) -> Matrix:
    """The cases' last so many periods, or fewer where nobody has so many."""
    asked = cases.select(["series"]).append_column("nth", pa.array(np.arange(cases.num_rows)))
    rows = history.sql(VALUES.format(most=most), asked)
    ago = rows["ago"].to_numpy()
    width = int(ago.max()) if len(ago) else 1
    values = np.full((cases.num_rows, width), np.nan)
    values[rows["nth"].to_numpy(), width - ago] = rows["value"].to_numpy()
    times = history.sql("select time from ahead order by step")["time"].combine_chunks()
    return Matrix(cases, values, times, int(history.ask.settings.season))


def mean(values: Floats) -> Floats:
    """Each row's mean of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(there.any(axis=1), total / np.maximum(there.sum(axis=1), 1), np.nan)
