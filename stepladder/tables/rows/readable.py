"""Whether enough of a column can be read: what cannot is seldom lost by chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.rows.rows import Bools, Rows

_SHARE = 0.05
_FEW = 3


def enough_read(
    rows: Rows,
    name: str,
    source: str,
    unreadable: Bools,
    filled: Bools,
    examples: pa.Array | pa.ChunkedArray,
) -> None:
    """Raises Problem where more than a small share of a column's filled values cannot be read.

    `unreadable` and `filled` say so of each row, of which those that are still there count; `examples`
    are the rows' texts. Fewer than three unreadable values are never too many.
    """
    bad, all_ = unreadable & rows.kept, int((filled & rows.kept).sum())
    count = int(bad.sum())
    if count < _FEW or count <= _SHARE * all_:
        return
    shown = ", ".join(f"{text!r} ({where})" for text, where in _distinct(rows, bad, examples))
    raise Problem(
        f"{count:,} of {all_:,} values in the column {source!r}, taken for {name}, could not be "
        f"read: {shown}.",
        f"At most one value in twenty of {name} may be unreadable: what is lost is seldom lost by "
        "chance, but by month, by place or by how recent it is.",
        f"Mend these values in the source, or name another column with --column {name}=NAME.",
    )


def _distinct(
    rows: Rows, where: Bools, examples: pa.Array | pa.ChunkedArray
) -> list[tuple[str, str]]:
    """Up to five different texts, each with the line where it stands first."""
    at = np.flatnonzero(where)[:10_000]
    texts = pc.cast(examples.take(pa.array(at)), pa.string()).to_pylist()
    first: dict[str, int] = {}
    for i, text in zip(at, texts, strict=True):
        first.setdefault(_short(text or ""), int(i))
    found = list(first.items())[:5]
    return [(text, f"{rows.raw.place} {rows.raw.row[i]}") for text, i in found]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
