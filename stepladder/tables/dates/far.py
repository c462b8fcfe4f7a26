"""Days far from all others, and days that whoever gave the table does not want."""

from __future__ import annotations

from datetime import date

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Day

_EPOCH = date(1970, 1, 1)


def set_far_days_aside(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> None:
    """Sets rows aside that lie outside of the chosen days."""
    day = values.get(spec.time or "")
    if not isinstance(day, Day):
        return
    if choices.from_day:
        before = day.dates.found & (day.dates.day < (choices.from_day - _EPOCH).days)
        rows.put_aside(
            before, f"{spec.time} before {choices.from_day}", "rows lie before the days wanted"
        )
    if choices.to_day:
        after = day.dates.found & (day.dates.day > (choices.to_day - _EPOCH).days)
        rows.put_aside(
            after, f"{spec.time} after {choices.to_day}", "rows lie after the days wanted"
        )
