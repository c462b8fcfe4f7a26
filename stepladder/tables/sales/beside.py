"""Columns beside the question's own that say what a row is worth: an order's number, a status …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from stepladder.core.table import TableSpec
from stepladder.tables.columns.find import check_columns
from stepladder.tables.findings import Mapped

ROLES = ("order", "status", "currency", "refunded", "item", "quantity")


def about_sales(spec: TableSpec) -> bool:
    """Whether a table's rows are things that happen, which may be undone; not features, nor names."""
    return spec.time is not None and not spec.rest and not spec.unique


def find_beside(
    table: pa.Table,
    spec: TableSpec,
    mapping: Sequence[Mapped],
    overrides: Mapping[str, str],
) -> tuple[Mapped, ...]:
    """Which free columns say what a row is worth; `overrides` are taken as they are, "" for none."""
    for role, source in overrides.items():
        if source:
            check_columns(table, role, source)
    return tuple(Mapped(role, source, 1.0, "you chose it") for role, source in overrides.items())
