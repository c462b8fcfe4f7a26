"""Series without their season, side by side from their first values on, the longest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stepladder.core.periods import Ints
from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.gaps import spans


@dataclass(frozen=True)
class Rest:
    """Values from each series' first on, in units in which it begins at 0 and strays by 1 at most."""

    values: Floats  # series × periods; 0 after its last
    lengths: Ints
    behind: Ints  # periods between its last value and now
    begins: Floats  # what 0 and 1 are in the series' own units
    unit: Floats
    order: Ints  # where each stood

    @classmethod
    def of(cls, values: Floats) -> Rest:
        """Of series × periods, whose gaps are filled; each has a value."""
        first, last = spans(values)
        order = np.argsort(first - last, kind="stable")
        length = (last - first + 1)[order]
        nth = np.arange(int(length.max(initial=1)))
        within = nth < length[:, None]
        at = np.where(within, first[order, None] + nth, 0)
        own = np.take_along_axis(values[order], at, axis=1)
        begins = own[:, 0].copy()
        own = np.where(within, own - begins[:, None], 0.0)
        unit = np.abs(own).max(axis=1)
        unit = np.where(unit > 0, unit, 1.0)
        behind = (values.shape[1] - 1 - last)[order]
        return cls(own / unit[:, None], length, behind, begins, unit, order)

    def ahead(self, steps: int) -> Ints:
        """How many periods after its last value each forecast lies, series × steps."""
        return np.asarray(self.behind[:, None] + np.arange(1, steps + 1))

    def as_given(self, said: Floats) -> Floats:
        """Forecasts in the series' own units, in the order in which they were given."""
        out = np.empty_like(said)
        out[self.order] = self.begins[:, None] + self.unit[:, None] * said
        return out
