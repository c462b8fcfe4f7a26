"""A table as it was read, before cleaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.tables.report import Finding


@dataclass(frozen=True)
class Raw:
    """The source's columns as they were, and for each row its line (or record number).

    `lost` counts rows that could not become rows of the table; rows read = rows of the table
    + those. Text files carry an encoding, a separator and the header's line; others None.
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


def finding(reason: str, where: Iterable[tuple[int, str]], sentence: str) -> tuple[Finding, ...]:
    """A finding with its first five examples, or nothing if it never happened."""
    found = sorted(where)
    if not found:
        return ()
    examples = tuple((line, _short(text)) for line, text in found[:5])
    return (Finding(reason, len(found), sentence[:1].upper() + sentence[1:] + ".", examples),)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"
