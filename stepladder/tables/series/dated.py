"""The days that names of columns and texts of a table stand for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from stepladder.tables.dates.texts import read_dates
from stepladder.tables.series.period_names import period

LATEST = date(2100, 1, 1)
_DIGITS = 8  # of a day without signs between, 20240131; other bare numbers are none here


def stamps(names: Sequence[str]) -> list[date | None]:
    """The first day of the period that each name stands for, None where it stands for none."""
    named = [period(name) for name in names]
    read = read_dates(pa.array(names, pa.string()), "day first", LATEST)
    days = [
        date(1970, 1, 1) + timedelta(int(day)) if found and not _bare(name) else None
        for name, day, found in zip(names, read.day, read.found, strict=True)
    ]
    return [one.day if one else day for one, day in zip(named, days, strict=True)]


def _bare(name: str) -> bool:
    text = name.strip()
    return text.replace(".", "").isdigit() and text.isdigit() and len(text) != _DIGITS
