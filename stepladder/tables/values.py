"""The columns of a question, read from the columns of a source."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.choices import DAY_ORDERS, Choices
from stepladder.tables.columns.find import parts
from stepladder.tables.dates.dates import Dates, day_order
from stepladder.tables.dates.offsets import by_one_clock, minutes_of
from stepladder.tables.dates.swapped import refuse_swapped
from stepladder.tables.dates.texts import read_dates, zero_days
from stepladder.tables.dates.typed import typed_dates
from stepladder.tables.ids.ids import BLANKS, texts
from stepladder.tables.text.decode import mended

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Day:
    """A column of days, where the source had nothing, and where that was written in zeros.

    `clock`: by which offsets from Greenwich its days are; `moved`: where a row's own clock showed another.
    """

    dates: Dates
    missing: Bools
    zeros: Bools | None = None
    clock: tuple[int, ...] = ()
    moved: Bools | None = None


@dataclass(frozen=True)
class Amount:
    """A column of amounts (NaN where none), and what was odd about it.

    `missing`: the source had nothing. `unreadable`: it had something else than an amount.
    `written`: with thousands, currencies or a decimal comma. `other`: with the other decimal
    mark than the rest. `refund`: below zero. `currency`: for each row as a dictionary-encoded
    text the ISO code, or the sign where several currencies use it ("$", "kr"), "" where none is
    written; None where no row says one.
    """

    value: Floats
    missing: Bools
    unreadable: Bools
    written: Bools
    other: Bools
    refund: Bools
    currency: pa.DictionaryArray | None = None  # of each amount that names one


@dataclass(frozen=True)
class Content:
    """Long texts or the bytes of files, as they are; where there were none; and what was repaired."""

    values: pa.ChunkedArray
    missing: Bools
    repaired: Bools


def read_content(table: pa.Table, source: str, kind: str) -> Content:
    """Reads a column of long texts or of files' bytes; Problem where it does not hold bytes."""
    column = table.column(source)
    if kind == "long":
        return _long(column)
    if not pa.types.is_binary(column.type):
        raise Problem(
            f"The column {source!r} holds {column.type}, not the content of files.",
            "The content of files comes from a folder, a zip, or a column of bytes in Parquet or a "
            "database.",
            "Give the folder in which the files lie, or name another column.",
        )
    empty = pc.equal(pc.fill_null(pc.binary_length(column), 0), 0).to_numpy()
    return Content(column, empty, np.zeros(len(column), bool))


def _long(column: pa.ChunkedArray) -> Content:
    """Unicode in its one composed form, and without a mark of byte order; nothing else is changed."""
    repaired = np.zeros(len(column), bool)
    if pa.types.is_binary(column.type):
        column, repaired = _decoded(column)
    texts = pc.fill_null(pc.cast(column, pa.string()), "")
    plain = pc.utf8_normalize(pc.utf8_ltrim(texts, "\ufeff"), "NFC")
    repaired = repaired | pc.not_equal(texts, plain).to_numpy()
    missing = pc.equal(pc.utf8_trim(plain, BLANKS), "").to_numpy()
    return Content(plain, missing, repaired)


def _decoded(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Bools]:
    """Bytes as text, and where some of them were not UTF-8."""
    found = [None if value is None else mended(value) for value in column.to_pylist()]
    plain = pa.chunked_array([[one and one.data.decode() for one in found]], pa.string())
    return plain, np.array([one is not None and bool(one.mended) for one in found], bool)


def read_day(table: pa.Table, source: str, choices: Choices) -> Day:
    """Reads a column of days in the chosen order, all by one clock; Problem where the order is open."""
    read = _read_day(table, source, choices)
    if choices.version < 3:
        return read
    dates, clock, moved = by_one_clock(read.dates, tuple(map(minutes_of, choices.clock)))
    return replace(read, dates=dates, clock=clock, moved=moved)


def _read_day(table: pa.Table, source: str, choices: Choices) -> Day:
    column = table.column(source)
    order = choices.day_order
    if order not in DAY_ORDERS:
        raise Problem(
            f"The order of day and month is given as {order!r}.",
            f"It is one of: {', '.join(DAY_ORDERS)}.",
            "Give one of them.",
        )
    typed = typed_dates(column, choices.today)
    if typed is not None:
        return Day(typed, ~typed.found)
    version = choices.version
    cleaned = texts(column, version)
    dates = read_dates(cleaned.words, order, choices.today, version)
    if order == "clear":
        refuse_swapped(source, cleaned.words, dates, version)
        shown, examples = day_order(dates[cleaned.at])
        if shown in ("ambiguous", "contradictory"):
            raise unclear_order(source, shown, cleaned.text.take(pa.array(examples)).to_pylist())
        if shown != "clear":
            dates = read_dates(cleaned.words, shown, choices.today, version)
    if version == 1:
        return Day(dates[cleaned.at], cleaned.missing)
    zeros = zero_days(cleaned.words)[cleaned.at]
    return Day(dates[cleaned.at], cleaned.missing | zeros, zeros)


def unclear_order(source: str, shown: str, examples: list[str]) -> Problem:
    """The error for dates whose order of day and month the rows do not tell."""
    why = (
        "nothing in the column shows whether the day or the month comes first"
        if shown == "ambiguous"
        else "some dates have the day first, others the month"
    )
    return Problem(
        f"The dates in {source!r} are ambiguous: {why} (such as {', '.join(examples)}).",
        "03/04/2021 may be 3 April (day first) or March 4 (month first); this is never guessed.",
        "Say which it is with --day-first or --month-first"
        + (
            "."
            if shown == "ambiguous"
            else "; dates that cannot be read that way are dropped and counted."
        ),
    )


def read_amount(table: pa.Table, source: str, choices: Choices) -> Amount:
    """Reads a column of amounts, or the product of two."""
    factors = [_amount(table.column(part), choices) for part in parts(source, table)]
    if len(factors) == 1:
        return factors[0]
    one, two = factors
    refund = one.refund | two.refund
    # Products of cents carry binary dust beyond the sixth decimal.
    size = np.round(np.abs(one.value * two.value), 6)
    missing = one.missing | two.missing
    return Amount(
        np.where(refund, -size, size),
        missing,
        (one.unreadable | two.unreadable) & ~missing,
        one.written | two.written,
        one.other | two.other,
        refund,
        two.currency if one.currency is None else one.currency,
    )


def _amount(column: pa.ChunkedArray, choices: Choices) -> Amount:
    kind = column.type
    no = np.zeros(len(column), bool)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        value = pc.cast(column, pa.float64(), safe=False).fill_null(np.nan).to_numpy()
        value = np.where(np.isfinite(value), value, np.nan) + 0.0
        return Amount(value, np.isnan(value), no, no, no, value < 0)
    cleaned = texts(column, choices.version)
    read = read_amounts(cleaned.words, choices.decimal, worldwide=choices.version > 1)
    at = cleaned.at
    unreadable = (~read.found & ~cleaned.nothing)[at]
    negative = (read.value < 0)[at]
    return Amount(
        read.value[at],
        cleaned.missing,
        unreadable,
        read.written[at],
        read.other[at],
        negative,
        None if read.currency is None else read.currency.take(pa.array(at)),
    )
