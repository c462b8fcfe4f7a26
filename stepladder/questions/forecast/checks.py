"""What people ask of a series' forecasts."""

from __future__ import annotations

from stepladder.core.checks import Choice, Given, Rows, number


def _total(rows: Rows) -> float | None:
    said = [row["prediction"] for row in rows]
    return None if not said or None in said else float(sum(said))


def _something(rows: Rows, given: Given) -> bool | None:
    total = _total(rows)
    return None if total is None else total > 0


def _together_most(rows: Rows, given: Given) -> bool | None:
    total = _total(rows)
    return None if total is None else total <= number(given)


def _together_least(rows: Rows, given: Given) -> bool | None:
    total = _total(rows)
    return None if total is None else total >= number(given)


CHECKS = (
    Choice("something", "{case} must not be forecast as nothing throughout", _something),
    Choice(
        "together_least", "{case} must come to at least {number} in all", _together_least, "number"
    ),
    Choice(
        "together_most", "{case} must come to at most {number} in all", _together_most, "number"
    ),
)
