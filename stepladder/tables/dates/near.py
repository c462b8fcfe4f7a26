"""Columns that look like dates although too few of their texts can be read as such."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pyarrow as pa

from stepladder.tables.columns.words import tokens
from stepladder.tables.dates.texts import read_dates
from stepladder.tables.ids.ids import texts

_ROWS = 5_000
_SOME = 0.2
_NAMES = frozenset(
    [
        "date",
        "datum",
        "day",
        "dato",
        "fecha",
        "data",
        "jour",
        "time",
        "created",
        "when",
        "tarih",
        "tanggal",
    ]
)


def near_dates(table: pa.Table, taken: Collection[str]) -> str:
    """A sentence on the columns that are nearly dates, "" if there are none."""
    said = [_near(table, name) for name in table.column_names if name not in taken]
    return "".join(f" {sentence}" for sentence in said if sentence)


def _near(table: pa.Table, name: str) -> str:
    column = table.column(name).slice(0, _ROWS)
    if not pa.types.is_string(column.type):
        return ""
    cleaned = texts(column)
    filled = cleaned.text.filter(pa.array(~cleaned.missing))
    shape = read_dates(filled, "clear", date(2100, 1, 1)).shape
    named = bool(_NAMES.intersection(tokens(name)))
    if not len(filled) or shape.all() or not (named or shape.mean() > _SOME):
        return ""
    odd = filled.filter(pa.array(~shape)).unique()[:3].to_pylist()
    shown = ", ".join(repr(text[:40]) for text in odd)
    share = f"{100 * np.mean(~shape):.0f} %" if shape.any() else "none"
    what = (
        f"{share} of its texts could not be read"
        if shape.any()
        else "none of its texts could be read"
    )
    return f"`{name}` looks like dates: {what}, for example {shown}."
