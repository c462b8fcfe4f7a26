"""What the tests of the cleaner share: a table to be filled, and a way to write and clean one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stepladder.tables import Cleaned, Column, TableSpec, choose, clean, look, settled

PURCHASES = TableSpec(
    "purchases",
    (
        Column("customer", "id", True,
               ("customer_id", "cust_id", "client", "user", "kunde", "kundennummer"), "who bought"),
        Column("day", "day", True,
               ("date", "order_date", "invoicedate", "datum", "fecha"), "the day of the purchase"),
        Column("value", "amount", False,
               ("amount", "total", "price", "revenue", "betrag", "importe"), "its worth in money"),
    ),
    key=("customer",), time="day",
)  # fmt: skip
TODAY = date(2024, 12, 31)

Clean = Callable[..., Cleaned]


@pytest.fixture
def cleaned(tmp_path: Path) -> Clean:
    """Writes text or bytes to a file, looks, chooses and cleans, and checks what always holds."""

    def run(
        content: str | bytes,
        *,
        name: str = "orders.csv",
        columns: dict[str, str] | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        **choices: Any,
    ) -> Cleaned:
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        before = path.stat().st_mtime_ns
        seen = look(str(path), PURCHASES, columns or {}, encoding=encoding, separator=separator)
        chosen = choose(seen, ask_user=None, today=TODAY, **choices)
        result = clean(
            str(path), PURCHASES, chosen, mapping=settled(seen, chosen, asked=False).mapping
        )
        assert path.read_bytes() == data
        assert path.stat().st_mtime_ns == before
        adds_up(result)
        return result

    return run


def adds_up(result: Cleaned) -> None:
    """No row is lost: what was read is what was kept and what was dropped or set aside by reason."""
    report = result.report
    gone = (*report.dropped, *report.set_aside)
    assert report.rows_read == report.rows_kept + sum(one.count for one in gone)
    assert report.rows_kept == result.table.num_rows
    assert all(1 <= len(one.examples) <= 5 for one in (*report.dropped, *report.changed))


def dropped(result: Cleaned) -> dict[str, tuple[int, list[int]]]:
    """The dropped rows: their count and the lines of the examples, by reason."""
    return {
        one.reason: (one.count, [line for line, _ in one.examples]) for one in result.report.dropped
    }


def rows(result: Cleaned) -> list[tuple[Any, ...]]:
    """The clean rows: line, customer, day, value."""
    table = result.table.select(["row", "customer", "day", "value"])
    return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True))
