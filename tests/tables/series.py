"""What the tests of series share: a table of series to be filled, and a way to read one twice."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from stepladder.tables import Choices, Cleaned, Column, TableSpec, choose, clean, look, settled
from tests.tables.conftest import adds_up

SERIES = TableSpec(
    "series",
    (
        Column("series", "id", True,
               ("series_id", "unique_id", "article", "item", "shop", "region"), "what is measured"),
        Column("time", "time", True,
               ("ds", "date", "day", "month", "quarter", "week", "year"), "when"),
        Column("value", "number", True,
               ("y", "units", "quantity", "sales", "trips", "employed"), "how much"),
    ),
    key=("series",), time="time", regular=True,
)  # fmt: skip
TODAY = date(2026, 1, 1)
Row = Sequence[Any]


def written(path: Path, head: Sequence[str], rows: Iterable[Row]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def read(
    path: Path,
    columns: Mapping[str, str] | None = None,
    shape: Mapping[str, Any] | None = None,
    **choices: Any,
) -> Cleaned:
    """Look, choose and clean; and clean once more by the frozen choices alone, as a refresh does."""
    seen = look(str(path), SERIES, columns or {}, shape=shape)
    chosen = choose(seen, ask_user=None, today=TODAY, **choices)
    mapping = settled(seen, chosen, asked=False).mapping
    result = clean(str(path), SERIES, chosen, raw=seen.raw, mapping=mapping)
    again = clean(str(path), SERIES, Choices.from_dict(chosen.to_dict()))
    assert again.table.equals(result.table)
    assert again.report.rows_read == result.report.rows_read
    assert again.report.dropped == result.report.dropped
    assert again.report.notes == result.report.notes
    adds_up(result)
    return result


def values(result: Cleaned) -> dict[tuple[str, str], float]:
    """The value of each series and day."""
    rows = result.table.to_pylist()
    return {(str(one["series"]), str(one["time"].date())): one["value"] for one in rows}


def notes(result: Cleaned) -> str:
    return " ".join(result.report.notes)
