"""Ids that stand for nobody in particular, such as guests: one customer of them would outweigh all others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.ids.ids import Texts
from stepladder.tables.ids.nobody import fills_a_gap, names_nobody
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LEAST = 3  # others that must be there: among two or three, one may well have most rows
SHARE, TIMES, MANY = 0.2, 20, 20  # an absurd share: of the rows, of the mean, of so many ids
GUEST_ROWS, GUEST_TIMES = 3, 3  # who is called a guest, and comes so much more often than others
ALL = 0.98  # of the ids: then a word is none of them
GAP_ROWS, GAP_TIMES, GAP_NEXT = 5, 5, 3  # 0 may be somebody's number, unless it stands above all


class Counted(NamedTuple):
    """The ids of the kept rows: each word once, how many rows it has, and which word a row has."""

    words: pa.Array
    rows: Ints
    at: Ints


def set_strangers_aside(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> None:
    """Sets rows of nobody in particular aside, and names an id that has an absurd share of the rows."""
    name, kept = spec.key[0], rows.kept
    ids = values.get(name)
    if choices.version < 2 or spec.time is None or spec.unique or not isinstance(ids, Texts):
        return
    if spec.regular:  # a series is no customer
        return
    found = _counted(ids, kept)
    nobody = _nobody(found) if choices.strangers == "aside" else np.zeros(len(found.rows), bool)
    if nobody.any():
        rows.put_aside(
            nobody[found.at], f"guest {name}", f"rows have a {name} that is nobody in particular"
        )
        _say_guests(rows, name, found, nobody)
    _say_many(rows, name, found, nobody)


def _counted(ids: Texts, kept: Bools) -> Counted:
    whole = ids.words.dictionary_encode()
    at = ids.code.astype(np.int64)
    count = np.bincount(at[kept], minlength=len(whole.dictionary))
    return Counted(whole.dictionary, count, at)


def _nobody(ids: Counted) -> Bools:
    """Which words stand for nobody; where too few others are left, none does."""
    large = np.flatnonzero(ids.rows >= GUEST_ROWS)  # most have few rows, and need no look
    some = ids.words.take(pa.array(large))
    named, gap = np.zeros((2, len(ids.rows)), bool)
    named[large] = names_nobody(some).to_numpy(zero_copy_only=False)
    gap[large] = fills_a_gap(some).to_numpy(zero_copy_only=False)
    others = ids.rows[~named & ~gap & (ids.rows > 0)]
    if len(others) < LEAST:
        return named & False
    gap_word, mean, all_rows = gap.copy(), others.mean(), ids.rows.sum()
    gap &= (ids.rows >= GAP_ROWS) & (ids.rows >= SHARE * all_rows)
    gap &= (ids.rows >= GAP_TIMES * mean) & (ids.rows >= GAP_NEXT * others.max())
    often = ids.rows >= GUEST_TIMES * mean
    return np.asarray((named & often) | _stands_out(ids, named, gap_word) | gap)


def _stands_out(ids: Counted, named: Bools, gap: Bools) -> Bools:
    """Words among numbers and addresses, and 0 among numbers that do not begin there."""
    others = ids.words.filter(pa.array(~named & ~gap & (ids.rows > 0)))
    numbered = pc.match_substring_regex(others, r"\d|@")
    if not len(others) or pc.mean(pc.cast(numbered, pa.float64())).as_py() < ALL:
        return named & False
    word = pc.match_substring_regex(ids.words, r"^[^\d@]+$").to_numpy(zero_copy_only=False)
    far = pc.all(pc.match_substring_regex(others, r"^[1-9]\d{2,}$")).as_py()
    zero = pc.equal(ids.words, "0").to_numpy(zero_copy_only=False)
    return np.asarray((named & word) | (gap & zero & (ids.rows >= GAP_ROWS) & far))


def _say_guests(rows: Rows, name: str, ids: Counted, nobody: Bools) -> None:
    words = ids.words.filter(pa.array(nobody)).to_pylist()
    count, total = int(ids.rows[nobody].sum()), int(ids.rows.sum())
    # An address may be somebody's after all, and what is said here is kept.
    bare = dict.fromkeys(f"{word.partition('@')[0]}@…" if "@" in word else word for word in words)
    shown = ", ".join(map(repr, [*bare][:5])) + (", …" if len(bare) > 5 else "")
    rows.warn(
        "guests",
        f"The {name} {shown} is nobody in particular and has {count:,} of {total:,} rows "
        f"({_of_ten(count / total)}): they are set aside. If it is one {name} like any other: "
        "--keep-strangers.",
    )


def _say_many(rows: Rows, name: str, ids: Counted, nobody: Bools) -> None:
    total, there = ids.rows.sum(), int((ids.rows > 0).sum())
    many = (ids.rows > SHARE * total) & (ids.rows * there > TIMES * total) & ~nobody
    if there < MANY or not many.any():
        return
    at = np.flatnonzero(many)
    rows.warn(
        "one-id-many-rows",
        f"One {name} alone has {ids.rows[at[0]]:,} of {total:,} rows "
        f"({_of_ten(ids.rows[at[0]] / total)}), the other {there - 1:,} share the rest. If it is "
        "nobody in particular, leave its rows out of the source.",
        tuple(ids.words.take(pa.array(at)).to_pylist()),
    )


def _of_ten(share: float) -> str:
    return f"{share * 10:.0f} of every 10" if share >= 0.095 else f"{share * 100:.1g} of every 100"
