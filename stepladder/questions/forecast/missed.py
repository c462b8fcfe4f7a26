"""Series by series: how far a rung was off at the exam, beside repeating what was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.stats import Floats
from stepladder.core.view import View
from stepladder.questions.forecast import loss

NEARER = 0.1  # less lost than by the other, before a series counts as nearer


@dataclass(frozen=True)
class Missed:
    """Of each series that was scored: its level, what the rung lost, and the other, and the gap in units."""

    names: list[str]
    level: Floats
    mine: Floats
    usual: Floats
    off: Floats

    @property
    def nearer(self) -> np.ndarray:
        """Where the rung was nearer by a tenth or more."""
        return self.mine < (1 - NEARER) * self.usual

    @property
    def further(self) -> np.ndarray:
        """Where the other was nearer by a tenth or more."""
        return self.usual < (1 - NEARER) * self.mine


def missed(view: View) -> Missed:
    """Every series of the exam, in the order of the loss."""
    known, later, cases = view.exam
    mine, usual = (
        loss(view.at_cutoff[rung], known, later, cases) for rung in (view.rung, view.reference)
    )
    if cases.num_rows == 1:  # its units are windows
        mine, usual = (each.set_column(0, "series", cases["series"]) for each in (mine, usual))
    more = known.sql(
        """select said.series, avg(own.level) as level, sum(abs(prediction - actual)) as off
        from said join came on said.series = came.series and said.time = came.time
        join (select series, avg(abs(value)) as level from readings group by series) as own
          on said.series = own.series
        where actual is not null group by said.series order by said.series""",
        said=view.at_cutoff[view.rung], came=view.outcome,
    )  # fmt: skip
    both = known.sql(
        """select mine.series, level, mine.loss as mine, usual.loss as usual, off
        from mine join usual using (series) join more using (series) order by mine.series""",
        mine=mine, usual=usual, more=more,
    )  # fmt: skip
    level, mine_, usual_, off = (
        both[name].to_numpy(zero_copy_only=False).astype(float)
        for name in ("level", "mine", "usual", "off")
    )
    return Missed(pc.cast(both["series"], pa.string()).to_pylist(), level, mine_, usual_, off)
