"""Prices of a forecast that is off: what each one too many costs, and each one too few."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from stepladder.core.ask import MOST, Part
from stepladder.core.stats import Floats

YEAR = 365.25  # days


class UnitPrices(Part):
    """What a forecast that is off costs, in money.

    over: what one unit too many costs, such as what goes stale. under: what one too few costs, as a lost
    sale does. currency: what amounts of money are in.

    Rungs forecast the middle, whatever the prices are; these only judge them. Whoever orders by a forecast
    of which too few cost more than too many orders more than it says: somewhere between it and `high`.
    """

    over: Annotated[float, Field(ge=0, le=MOST)]
    under: Annotated[float, Field(ge=0, le=MOST)]
    currency: str = ""

    @model_validator(mode="after")
    def _cost_something(self) -> Self:
        if not self.over and not self.under:
            raise ValueError(
                "over and under are both 0: say what one too many costs, or one too few"
            )
        return self

    def lost(self, said: Floats, actual: Floats) -> Floats:
        """Money lost by each forecast: over × what it was too high + under × what it was too low."""
        off = said - actual
        return np.asarray(self.over * np.maximum(off, 0.0) + self.under * np.maximum(-off, 0.0))
