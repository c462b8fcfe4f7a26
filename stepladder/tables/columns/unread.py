"""Texts that cannot be read: which they are, and whether a column of money is lost with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.table import Column, TableSpec
from stepladder.tables.amounts.currencies import is_code
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.columns.find import parts
from stepladder.tables.columns.naming import is_money
from stepladder.tables.columns.rivals import flag
from stepladder.tables.columns.words import TOTALS, plain, tokens
from stepladder.tables.findings import Mapped
from stepladder.tables.ids.ids import texts
from stepladder.tables.raw import Raw

Bools = npt.NDArray[np.bool_]

_TOTAL = TOTALS | {"amount", "betrag", "gesamtbetrag", "montant", "importe", "importo", "bedrag"}
_HARDLY = 0.05  # digits in so few of a column's texts are somebody's slips


def refuse_unread_money(
    raw: Raw,
    spec: TableSpec,
    mapping: Sequence[Mapped],
    overrides: Mapping[str, str],
    taken: Collection[str] = (),
) -> None:
    """Raises Problem where money has no column of its own, but one is called so and cannot be read.

    Without it, the answer would be that there is no money in the table.
    """
    used = {part for m in mapping for part in parts(m.source, raw.table)} | {*taken}
    named = {m.canonical for m in mapping if "its name says nothing" not in m.reason}
    for column in spec.columns:
        if is_money(column) and column.name not in named and column.name not in overrides:
            for name in raw.table.column_names:
                if name not in used and _called(column, name):
                    _refuse(raw, spec, column, name)


def money_in_words(
    raw: Raw, spec: TableSpec, mapping: Sequence[Mapped]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Money without a column, and the one that is called like it but holds words alone, with some of them."""
    used = {part for m in mapping for part in parts(m.source, raw.table)}
    named = {m.canonical for m in mapping}
    for column in spec.columns:
        if is_money(column) and column.name not in named:
            for name in raw.table.column_names:
                if name in used or not _total(column, name):
                    continue
                read = texts(raw.table.column(name))
                if not read.missing.all() and not _digits(read.words).any():
                    yield column.name, name, (examples(raw, name, ~read.missing),)


def _total(column: Column, name: str) -> bool:
    """Whether a column is called a total: what is called sales may be who sold it."""
    return _called(column, name) and bool(_TOTAL.intersection(tokens(name)))


def _called(column: Column, name: str) -> bool:
    """Whether that is the column's name, with a currency perhaps: "Total (AED)"."""
    known = {plain(one) for one in (column.name, *column.synonyms)}
    words = [word for word in tokens(name) if not is_code(word)]
    return plain(name) in known or "".join(words) in known


def _refuse(raw: Raw, spec: TableSpec, column: Column, name: str) -> None:
    read = texts(raw.table.column(name))
    found = np.maximum(*(read_amounts(read.words, mark).found for mark in ".,"))[read.at]
    filled, digits = ~read.missing, _digits(read.words)[read.at]
    lost = filled & ~found
    # Words alone are not somebody's way to write amounts: "sales" may be who sold it.
    if 2 * lost.sum() < filled.sum() or digits.sum() <= _HARDLY * filled.sum():
        return
    raise Problem(
        f"{name!r} is called like the {column.name} ({column.sentence}), but {int(lost.sum()):,} of "
        f"its {int(filled.sum()):,} values cannot be read as amounts, such as "
        f"{examples(raw, name, lost)}.",
        "An amount is a number, with a sign or a currency of ISO 4217 or Unicode beside it: 12.50, "
        "1.234,50 €, AED 12.50, (12.50).",
        unread_remedy(spec, column),
    )


def unread_remedy(spec: TableSpec, column: Column) -> str:
    """What to do about amounts that cannot be read."""
    other = flag(spec, column.name, "OTHER")
    none = "" if column.required else f", or none with {flag(spec, column.name, '')}"
    return (
        f"Mend these texts, or name another column with {other}{none}. If it is the mark before "
        "the decimals that is misread, say which it is with --decimal . or --decimal ,"
    )


def _digits(words: pa.Array) -> Bools:
    return np.asarray(
        pc.match_substring_regex(words, r"\p{Nd}").to_numpy(zero_copy_only=False), bool
    )


def examples(raw: Raw, source: str, where: Bools) -> str:
    """Up to five different texts of a column `where` it holds, each with its line."""
    at = np.flatnonzero(where)[:1000]
    columns = [raw.table.column(part).take(pa.array(at)) for part in parts(source, raw.table)]
    shown: dict[str, int] = {}
    for i, values in zip(at, zip(*(_texts(one) for one in columns), strict=True), strict=True):
        shown.setdefault(" * ".join(values), int(raw.row[i]))
    return ", ".join(
        f"{text[:60]!r} ({raw.place} {line})" for text, line in list(shown.items())[:5]
    )


def _texts(column: pa.ChunkedArray) -> list[str]:
    return ["" if one is None else str(one) for one in column.to_pylist()]
