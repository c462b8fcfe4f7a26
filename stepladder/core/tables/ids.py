"""Identifiers: blanks around them go, leading zeros stay, and numbers stay numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bools = npt.NDArray[np.bool_]

# White space of every kind, and characters that are there but cannot be seen.
BLANKS = " \t\r\n\x0b\x0c\u00a0\u2007\u2009\u200b\u202f\u2060\ufeff\x00"
_NOTHING = (
    "",
    "null",
    "nan",
    "none",
    "n/a",
    "na",
    "#n/a",
    "nil",
    "-",
    "--",
    "?",
    "\\n",
    "nat",
    "<na>",
    "(null)",
    "(blank)",
    "undefined",
)
_PLAIN = r"^(?:0|[1-9]\d{0,17})$"


@dataclass(frozen=True)
class Texts:
    """A column as trimmed text ("" where there is nothing), and where trimming changed it."""

    text: pa.Array
    missing: Bools
    trimmed: Bools


def texts(column: pa.ChunkedArray) -> Texts:
    """A column of any type as trimmed text; the many ways to write nothing become missing."""
    raw = pc.fill_null(_as_text(column), "").combine_chunks().dictionary_encode()
    words = raw.dictionary
    trimmed = pc.utf8_trim(words, BLANKS)
    nothing = pc.is_in(pc.utf8_lower(trimmed), pa.array(_NOTHING))
    clean = pc.if_else(nothing, "", trimmed)
    changed = pc.and_(pc.not_equal(words, trimmed), pc.invert(nothing))
    at = raw.indices
    return Texts(
        clean.take(at),
        *(
            np.asarray(pc.take(mask, at).to_numpy(zero_copy_only=False))
            for mask in (nothing, changed)
        ),
    )


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_floating(kind):
        whole = pc.all(pc.equal(column, pc.floor(column))).as_py()
        small = pc.all(pc.less(pc.abs(column), 2.0**53)).as_py()
        if whole and small:  # Numbers that had to be stored as fractions because some are missing.
            finite = pc.if_else(pc.is_finite(column), column, None)
            return pc.cast(pc.cast(finite, pa.int64()), pa.string())
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array(
            [
                pa.array(
                    [None if value is None else str(value) for value in column.to_pylist()],
                    pa.string(),
                )
            ]
        )
    return pc.cast(column, pa.string())


def typed_ids(ids: pa.Array, kept: Bools) -> tuple[pa.Array, Bools]:
    """Integers if every kept id is a plain one without leading zeros, else text.

    Also returns where an id lost a needless ".0" (numbers that were stored as fractions).
    """
    used = ids.filter(pa.array(kept)).unique()
    fraction = r"\.0+$"
    if len(used) and _all(used, r"^(?:0|[1-9]\d{0,17})\.0+$"):
        cut = pc.match_substring_regex(ids, fraction).to_numpy(zero_copy_only=False)
        ids = pc.replace_substring_regex(ids, fraction, "")
        used = pc.replace_substring_regex(used, fraction, "")
    else:
        cut = np.zeros(len(ids), bool)
    if len(used) and _all(used, _PLAIN):
        return pc.cast(pc.if_else(pa.array(kept), ids, "0"), pa.int64()), np.asarray(cut) & kept
    return ids, np.asarray(cut) & kept


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())
