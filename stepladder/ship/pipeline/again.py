"""Do a step once more, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stepladder.core.errors import Problem
from stepladder.ship.pipeline.keys import STEPS, named
from stepladder.ship.production import Production


def undo(production: Production, step: str, days: Iterable[date]) -> None:
    """Take away the files that say that a step, and those after it, are done. Raises Problem."""
    if step not in STEPS:
        raise Problem(f"--again {step}", f"the steps are: {', '.join(STEPS)}", "name one of these")
    for day in days:
        for later in STEPS[STEPS.index(step) :]:
            when = production.fit_day(day) if later == "fit" else day
            named(production, later, when).path.unlink(missing_ok=True)
