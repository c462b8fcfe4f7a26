"""Identifiers: blanks around them go, leading zeros stay, and numbers stay numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.choices import CLEANER, INTEGER, TEXT

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

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
# What spreadsheets are given so that they leave a text alone: ="007", and an apostrophe in front.
_GUARDS = ((r'^="+(.*?)"+$', r"\1"), (r"^'([\d=+@-][^']*)'?$", r"\1"))
# Blanks that are not ASCII's become one that is; characters that nobody can see go.
_SEEN = (
    (r"[\p{Z}\x{85}]", " "),
    (r"[\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}\x{2066}-\x{2069}\x{feff}]", ""),
)
PLAIN = r"^(?:0|[1-9]\d{0,17})$"


@dataclass(frozen=True)
class Mended:
    """What was mended in the words of a column: its name, in words, and in which of them."""

    what: str
    sentence: str
    words: pa.Array


@dataclass(frozen=True)
class Texts:
    """A column as trimmed text: its words ("" for nothing), and which of them each row has.

    A word may stand there twice, where blanks around it or its spelling told two of them apart.
    """

    words: pa.Array
    at: Codes
    nothing: Bools
    changed: Bools
    mended: tuple[Mended, ...] = ()
    before: pa.Array | None = None  # the words as they were written, but for blanks around them

    @property
    def written(self) -> pa.Array:
        """The words as they were written."""
        return self.words if self.before is None else self.before

    @property
    def text(self) -> pa.Array:
        """The text of each row."""
        return self.words.take(pa.array(self.at))

    @cached_property
    def missing(self) -> Bools:
        """Where a row has nothing."""
        return np.asarray(self.nothing[self.at])

    @cached_property
    def trimmed(self) -> Bools:
        """Where a row had blanks around its text."""
        return np.asarray(self.changed[self.at])

    @cached_property
    def code(self) -> Codes:
        """A number for each row, the same where the text is."""
        same = self.words.dictionary_encode().indices.to_numpy(zero_copy_only=False)
        return np.asarray(same[self.at])


def texts(column: pa.ChunkedArray, version: int = CLEANER) -> Texts:
    """A column of any type as trimmed text; the many ways to write nothing become missing.

    Unicode's blanks become plain ones, and what guards a text from spreadsheets goes; the first
    `version` of the cleaner did neither.
    """
    if pa.types.is_nested(column.type) or pa.types.is_large_binary(column.type):
        column = _printed(column)
    raw, at = encoded(column)
    words = pc.fill_null(_as_text(raw), "")
    trimmed = pc.utf8_trim(words, BLANKS)
    plain = _unguarded(trimmed) if version > 1 else trimmed
    nothing = says_nothing(plain)
    changed = pc.and_(pc.not_equal(words, trimmed), pc.invert(nothing))
    gone, cut = (np.asarray(mask.to_numpy(zero_copy_only=False)) for mask in (nothing, changed))
    return Texts(pc.if_else(nothing, "", plain), at, gone, cut, before=trimmed)


def says_nothing(words: pa.Array) -> pa.Array:
    """Where a word is one of the many ways to write nothing."""
    return pc.is_in(pc.utf8_lower(words), pa.array(_NOTHING))


def _unguarded(words: pa.Array) -> pa.Array:
    """Words without what guards them from spreadsheets, and with plain blanks."""
    odd = pc.or_(
        pc.or_(pc.starts_with(words, "="), pc.starts_with(words, "'")),
        pc.invert(pc.string_is_ascii(words)),
    )
    if not pc.any(odd).as_py():
        return words
    some = words.filter(odd)
    for pattern, other in (*_SEEN, *_GUARDS):
        some = pc.replace_substring_regex(some, pattern, other)
    return pc.replace_with_mask(words, odd, pc.utf8_trim(some, BLANKS))


def encoded(column: pa.ChunkedArray) -> tuple[pa.Array, Codes]:
    """The distinct values of a column, in order of appearance, and which of them each row has."""
    whole = column.dictionary_encode(null_encoding="encode").combine_chunks()
    return whole.dictionary, np.asarray(whole.indices.to_numpy(zero_copy_only=False), np.int32)


def _as_text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_floating(kind):
        values = pc.if_else(pc.is_finite(values), values, None)
        whole = pc.all(pc.equal(values, pc.floor(values))).as_py()
        small = pc.all(pc.less(pc.abs(values), 2.0**53)).as_py()
        if whole and small:  # Numbers that had to be stored as fractions because some are missing.
            return pc.cast(pc.cast(values, pa.int64()), pa.string())
    return _printed(values) if pa.types.is_binary(kind) else pc.cast(values, pa.string())


def _printed(values: pa.Array) -> pa.ChunkedArray | pa.Array:
    plain = [None if value is None else str(value) for value in values.to_pylist()]
    array = pa.array(plain, pa.string())
    return pa.chunked_array([array]) if isinstance(values, pa.ChunkedArray) else array


def typed_ids(ids: Texts, kept: Bools, type_: str = "") -> tuple[pa.Array, Bools]:
    """Integers if every kept id is a plain one without leading zeros, else text; or the type that is chosen.

    Also returns where an id lost a needless ".0" (numbers that were stored as fractions).
    """
    words, there = ids.words, np.zeros(len(ids.words), bool)
    there[ids.at[kept]] = True
    used = words.filter(pa.array(there))
    cut = np.zeros(len(words), bool)
    if len(used) and _all(used, r"^(?:0|[1-9]\d{0,17})\.0+$"):
        cut = there
        words, used = (pc.replace_substring_regex(w, r"\.0+$", "") for w in (words, used))
    if type_ == INTEGER or (type_ != TEXT and len(used) and _all(used, PLAIN)):
        words = pc.cast(pc.if_else(pa.array(there), words, "0"), pa.int64())
    return words.take(pa.array(ids.at)), np.asarray(cut[ids.at]) & kept


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())
