"""What people ask of the list a person is shown."""

from __future__ import annotations

from stepladder.core.checks import Choice, Given, Rows


def _shown(rows: Rows, given: Given) -> bool:
    return any(str(row["item"]) == str(given["item"]) for row in rows if row["item"] is not None)


def _never(rows: Rows, given: Given) -> bool | None:
    return not _shown(rows, given)


def _among(rows: Rows, given: Given) -> bool | None:
    return _shown(rows, given)


def _something(rows: Rows, given: Given) -> bool | None:
    return any(row["item"] is not None for row in rows)


CHECKS = (
    Choice("never", "item {item} must never be shown to {case}", _never, "item"),
    Choice("among", "item {item} must be among those shown to {case}", _among, "item"),
    Choice("something", "{case} must be shown something", _something),
)
