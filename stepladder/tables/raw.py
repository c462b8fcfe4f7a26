"""A table as it was read, and what a first look at it found, before cleaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepladder.core.table import TableSpec
from stepladder.tables.findings import Finding, Mapped, Warned

if TYPE_CHECKING:  # to describe a table must stay cheap
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

SHAPE = ("only", "wide", "every", "to_number", "by")  # choices of a table's form, before it is read


@dataclass(frozen=True)
class Raw:
    """The source's columns as they were, and for each row its line (or record number).

    `lost` counts rows that could not become rows of the table; rows read = rows of the table
    + those. Text files carry an encoding, a separator and the header's line, a workbook the header's
    row and, where it has several sheets, the one read; others None.
    `aside` counts rows that were set aside before any column was looked for. `shape`: the choices by
    which the table was brought into the form that the question reads, None where it is as it was read;
    `told`: which column is which by that.
    """

    table: pa.Table
    row: npt.NDArray[np.int64]
    place: str
    encoding: str | None = None
    separator: str | None = None
    header: int = 1
    lost: tuple[Finding, ...] = ()
    changed: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    sheet: str | None = None
    aside: tuple[Finding, ...] = ()
    shape: Mapping[str, Any] | None = None
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What a first look at a source found, before anything is decided.

    `day_order` is one of DAY_ORDERS, or "ambiguous" (no day beyond 12 shows which comes first),
    or "contradictory" (both orders occur), or "swapped" (by a spreadsheet); `decimal` is ".", "," or
    "ambiguous". `beside` are columns
    that no question asks for and that say what a row is worth (an order's number, a status …).
    """

    source: str
    spec: TableSpec
    encoding: str | None
    separator: str | None
    header: int
    columns: tuple[str, ...]
    rows: int
    mapping: tuple[Mapped, ...]
    missing: tuple[str, ...]
    day_order: str
    day_examples: tuple[str, ...]
    decimal: str
    decimal_examples: tuple[str, ...]
    notes: tuple[str, ...]
    beside: tuple[Mapped, ...] = ()
    near: tuple[Mapped, ...] = ()  # named like a column that was not found, but with other values
    raw: Raw | None = field(default=None, compare=False, repr=False)
