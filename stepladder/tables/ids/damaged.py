"""Ids that a spreadsheet or a float has damaged: what cannot be undone is refused, what may be is told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.ids.ids import Texts
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows

Bools = npt.NDArray[np.bool_]

# 1E5 may be a code; a sign or decimals before the exponent are a number's.
_SCIENTIFIC = r"^-?\d(?:[.,]\d+)?[eE]\+\d+$|^-?\d[.,]\d+[eE]\d\d+$"
_SLIP = 0.001  # of the rows; more are how the file was made
_MONTHS = (  # as spreadsheets shorten them; small or all capitals are somebody's own code
    "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mrz|Mär|Mai|Okt|Dez|janv|févr|mars|avr|juin|"
    "juil|août|sept|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott"
)
_DAY_MONTH, _MONTH_YEAR = rf"\d{{1,2}}\.?[- ](?:{_MONTHS})\.?", rf"(?:{_MONTHS})\.?[- ]\d{{2}}"
_MADE_A_DAY = rf"^(?:{_DAY_MONTH}|{_MONTH_YEAR}|\d{{4}}-\d\d-\d\d 00:00:00)$"
_SEVERAL = 5  # ids twice: then short codes are no chance either
_FEW = 3  # so many ids end in noughts by chance once in a thousand times


def check_ids(rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices) -> None:
    """Raises Problem where ids are no longer all there; warns where they may be damaged or split."""
    for column in spec.columns if choices.version > 1 else ():
        ids = values.get(column.name)
        if column.kind == "id" and isinstance(ids, Texts):
            _refuse_scientific(rows, column.name, ids, choices.columns[column.name])
            there = np.zeros(len(ids.words), bool)
            there[ids.at[rows.kept & ~ids.missing]] = True
            words = ids.words.filter(pa.array(there)).unique()
            float_ = pa.types.is_floating(rows.raw.table.column(choices.columns[column.name]).type)
            _warn_rounded(rows, column.name, words, float_)
            _warn_days(rows, column.name, words)
            _warn_zeros(rows, column.name, words)
            _warn_case(rows, column.name, words)


def _refuse_scientific(rows: Rows, name: str, ids: Texts, source: str) -> None:
    """Only some digits are left of these, so different ids have become equal."""
    bad = pc.match_substring_regex(ids.words, _SCIENTIFIC).to_numpy(zero_copy_only=False)
    where = bad[ids.at] & rows.kept
    if where.sum() <= _SLIP * rows.kept.sum():
        said = f"rows have a {name} in scientific notation, of which digits are lost"
        return rows.drop(where, f"scientific {name}", said)
    shown = ids.words.take(pa.array(np.unique(ids.at[where])[:3])).to_pylist()
    raise Problem(
        f"The {name} in {source!r} is written in scientific notation in {where.sum():,} of "
        f"{rows.kept.sum():,} rows, such as {', '.join(shown)}.",
        "Whole ids are needed: a spreadsheet kept only their first digits, so different ids have "
        "become equal, and nobody can tell them apart any more.",
        "Export it anew with that column formatted as text (in R: options(scipen = 999)), or take "
        f"another column: --column {name}=NAME.",
    )


def _warn_rounded(rows: Rows, name: str, words: pa.Array, float_: bool) -> None:
    long = _those(words, r"^\d{16,}$")
    lost = len(_those(long, r"^\d{15}0+$")) == len(long)
    if len(long) and (float_ or (lost and len(long) >= _FEW)):
        why = "they were stored as fractions" if float_ else "all end in 0 after 15 digits"
        rows.warn(
            "rounded-ids",
            f"{len(long):,} long values of {name} have lost their last digits ({why}), so different "
            "ones may have become equal. Export the column as text.",
            _some(long),
        )


def _warn_days(rows: Rows, name: str, words: pa.Array) -> None:
    days = _those(words, _MADE_A_DAY)
    if 0 < len(days) < len(words) / 2:
        rows.warn(
            "dates-for-ids",
            f"{len(days):,} of {len(words):,} values of {name} look like ids that a spreadsheet made "
            "into dates. Export the column as text.",
            _some(days),
        )


def _warn_zeros(rows: Rows, name: str, words: pa.Array) -> None:
    """007 beside 7: one of them may have lost its zeros, and nobody but the user knows."""
    padded = _those(words, r"^0+\d+$")
    bare = pc.replace_substring_regex(padded, r"^0+(\d)", r"\1")
    twice = padded.filter(pc.is_in(bare, words)) if len(padded) else padded
    if len(twice):
        rows.warn(
            "leading-zeros",
            f"{len(twice):,} values of {name} differ from another only in leading zeros, and are kept "
            "apart. If a program took the zeros away, export the column as text.",
            _some(twice),
        )


def _warn_case(rows: Rows, name: str, words: pa.Array) -> None:
    """Names, some of them typed in capitals; of codes in which capitals count few are all in one case."""
    small = pc.utf8_lower(words)
    counts = small.value_counts()
    twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    shouted = pc.or_(pc.equal(words, small), pc.equal(words, pc.utf8_upper(words)))
    letters = 3 if len(twice) < _SEVERAL else 2
    name_like = pc.and_(shouted, pc.match_substring_regex(words, rf"\p{{L}}{{{letters}}}"))
    alike = words.filter(pc.and_(name_like, pc.is_in(small, twice)))
    if len(alike) and len(pc.utf8_lower(alike).unique()) >= len(twice) / 2:
        rows.warn(
            "case-differs",
            f"{len(twice):,} values of {name} are also written with other capitals, and are kept "
            "apart. If they are the same, write them alike in the source.",
            _some(alike),
        )


def _those(words: pa.Array, pattern: str) -> pa.Array:
    return words.filter(pc.match_substring_regex(words, pattern))


def _some(words: pa.Array) -> tuple[str, ...]:
    return tuple(words[:3].to_pylist())
