"""Days far from all others, and days that whoever gave the table does not want."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.dates.dates import Bools, Ints
from stepladder.tables.dates.gaps import ends
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Day

_EPOCH = date(1970, 1, 1)
_ROWS, _FEW = (
    20,
    0.01,
)  # rows before it, and the share of all that a day that stands alone has at most
_SHARE, _LEAST = 0.25, 30  # of the days that all others cover; days


def set_far_days_aside(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> None:
    """Sets rows aside that lie outside of the chosen days or, where none were chosen, far from all others."""
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
    kept = rows.kept & day.dates.found
    if choices.version > 1 and kept.any():
        days = day.dates.day.astype(np.int64)
        first, last = ends(days[kept])
        far = kept & (
            ((days < first) & (choices.from_day is None))
            | ((days > last) & (choices.to_day is None))
        )
        _put_aside(rows, str(spec.time), days, far, (first, last))
        if choices.to_day is None:
            _warn_alone(rows, days[kept & ~far])


def _put_aside(rows: Rows, name: str, days: Ints, far: Bools, whole: tuple[int, int]) -> None:
    if not far.any():
        return
    first, last = map(_day, whole)
    rows.put_aside(far, f"far {name}", f"rows have a {name} years away from all others")
    shown = ", ".join(str(_day(one)) for one in np.unique(days[far])[:5])
    low, high = _day(days[far].min()), _day(days[far].max())
    flags = [f"--from-day {low}"] if low < first else []
    flags += [f"--to-day {high}"] if high > last else []
    count = int(far.sum())
    what = "row lies" if count == 1 else "rows lie"
    rows.warn(
        "far-days",
        f"{count:,} {what} far from all others ({shown}; the others go from {first} to {last}) and "
        f"{'was' if count == 1 else 'were'} set aside. If they count, say so with {' '.join(flags)}; "
        f"else make it last with --from-day {first} or --to-day {last}.",
    )


def _warn_alone(rows: Rows, days: Ints) -> None:
    """A last day long after all others may be a slip, though shops that rest or sell seldom have such."""
    last = int(days.max())
    others = days[days < last]
    if len(others) < _ROWS or len(days) - len(others) > max(1, _FEW * len(days)):
        return
    before = int(others.max())
    if last - before <= max(_SHARE * (before - int(others.min())), _LEAST):
        return
    rows.warn(
        "far-days",
        f"The last day, {_day(last)}, stands alone: the day before it with rows is {_day(before)}, "
        f"{last - before} days earlier. If it is a slip, nearly all seem to have stayed away since then: "
        f"leave it out with --to-day {_day(before)}; if it counts, say so with --to-day {_day(last)}.",
    )


def _day(number: int) -> date:
    return _EPOCH + timedelta(int(number))
