"""How long somebody thought about what a form asks."""

from __future__ import annotations

import time

from stepladder.pages.visit import Visit

LONGEST_S = 3_600.0  # of somebody who went to lunch nobody knows how long they thought


def seconds(visit: Visit) -> float | None:
    """From when the case was shown until now; None where nobody knows."""
    try:
        took = time.time() - float(visit.sent.get("shown", ""))
    except ValueError:
        return None
    return round(took, 1) if 0 <= took <= LONGEST_S else None
