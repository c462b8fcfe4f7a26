"""Which columns make a series: one, or several that name the levels of a hierarchy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.ids.ids import Texts
from stepladder.tables.ids.spelling import one_spelling
from stepladder.tables.raw import Raw

BETWEEN = " / "  # the parts of a series' id
TREE = 0.5  # from this share on of children that stand under several parents, these cross them
SHOWN = 3
Ints = npt.NDArray[np.int64]


def source_of(by: Sequence[str]) -> str:
    """The column that holds the ids of series: the one named, or the one made of several."""
    return BETWEEN.join(by)


def joined(raw: Raw, by: Sequence[str], canonical: str) -> Raw:
    """The source with one more column, in which the values of several are joined: Berlin / tea.

    Within a value " / " becomes "/", so that an id has one part for each level. Raises Problem where a
    column is not there.
    """
    name = source_of(by)
    for column in by:
        if column not in raw.table.column_names:
            raise Problem(
                f"The column {column!r}, given to --by for {canonical}, is not in the table.",
                f"The columns there are: {', '.join(raw.table.column_names)}.",
                "Name one of them, or several: --by NAME",
            )
    if len(by) < 2 or name in raw.table.column_names:
        return raw
    parts = [one_spelling(raw.table.column(column), ".") for column in by]
    code, first = _together(parts)
    words = [part.words.take(pa.array(part.at[first])) for part in parts]
    words = [pc.replace_substring(one, BETWEEN, "/") for one in words]
    none = np.logical_or.reduce([part.missing[first] for part in parts])
    ids = pc.if_else(pa.array(none), None, pc.binary_join_element_wise(*words, BETWEEN))
    return replace(raw, table=raw.table.append_column(name, ids.take(pa.array(code))))


def refuse_no_tree(raw: Raw, by: Sequence[str]) -> None:
    """Raises Problem where a few values of one level stand under several of the level above.

    Where most do, the levels cross (shop by article), which is as good a hierarchy as one that branches.
    """
    parts = [one_spelling(raw.table.column(column), ".") for column in by]
    for level in range(1, len(by)):
        child = parts[level]
        _, first = _together(parts[: level + 1])
        first = first[~child.missing[first]]
        above = np.bincount(child.code[first], minlength=len(child.words))
        share = (above > 1).sum() / max((above > 0).sum(), 1)
        if 0 < share < TREE:
            raise _no_tree(by, parts, level, first, above)


def _no_tree(
    by: Sequence[str], parts: Sequence[Texts], level: int, first: Ints, above: Ints
) -> Problem:
    child, parent = parts[level], parts[level - 1]
    several = np.flatnonzero(above > 1)
    said = []
    for code in several[:SHOWN]:
        rows = first[child.code[first] == code]
        under = parent.text.take(pa.array(rows)).unique().to_pylist()
        name = child.text[int(rows[0])].as_py()
        said.append(f"{name!r} under {' and '.join(map(repr, under[:SHOWN]))}")
    return Problem(
        f"--by {','.join(by)} is not a tree: {len(several):,} of {(above > 0).sum():,} values of "
        f"{by[level]!r} stand under several of {by[level - 1]!r}: {'; '.join(said)}",
        f"each {by[level]} has one {by[level - 1]}, or most have several, as every shop sells most articles",
        f"mend these rows in the source, or leave a level out: --by {by[level]}",
    )


def _together(parts: Sequence[Texts]) -> tuple[Ints, Ints]:
    """A number for each row's values together, and where each number stands first."""
    whole = parts[0].code.astype(np.int64)
    first = np.zeros(0, np.int64)
    for part in [None, *parts[1:]]:
        if part is not None:
            whole = whole * (int(part.code.max(initial=0)) + 1) + part.code
        encoded = pa.array(whole).dictionary_encode()
        whole = encoded.indices.to_numpy().astype(np.int64)
        first = np.full(len(encoded.dictionary), -1, np.int64)
        first[whole[::-1]] = np.arange(len(whole))[::-1]
    return whole, first
