"""What people ask of forecasts about a customer."""

from __future__ import annotations

from stepladder.core.checks import Choice, Given, Rows

HALF = 0.5


def _alive(rows: Rows, given: Given) -> bool | None:
    """By the chance that they are still a customer; where a rung gives none, by the segment's own name."""
    alive, segment = rows[0].get("alive"), rows[0].get("segment")
    if alive is not None:
        return bool(alive >= HALF)
    return None if segment is None else "lost" not in segment.lower()


def _lost(rows: Rows, given: Given) -> bool | None:
    alive = _alive(rows, given)
    return None if alive is None else not alive


def _buys(rows: Rows, given: Given) -> bool | None:
    return bool(rows[0]["prediction"] >= HALF)


CHECKS = (
    Choice("not_lost", "{case} must not be called lost", _alive),
    Choice("lost", "{case} must be called lost", _lost),
    Choice("buys", "{case} must be expected to buy again (half a purchase or more)", _buys),
)
