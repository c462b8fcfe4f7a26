"""Rows that are equal to an earlier one in every column, found without comparing all with all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.tables.ids.ids import encoded

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def duplicate_rows(table: pa.Table) -> Bools:
    """Where a row equals an earlier one in every column.

    Only rows whose hash occurs twice are looked at value by value.
    """
    later = np.zeros(table.num_rows, bool)
    mixed = _hashes(table)
    ordered = np.sort(mixed)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return later
    at = np.flatnonzero(np.isin(mixed, twice))
    later[at] = _repeated(table.take(pa.array(at)), mixed[at])
    return later


def _repeated(table: pa.Table, mixed: npt.NDArray[np.uint64]) -> Bools:
    """The same among rows of equal hashes: each is compared with the first of its hash."""
    order = np.argsort(mixed, kind="stable")
    begins = np.r_[True, mixed[order][1:] != mixed[order][:-1]]
    first = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    codes = [_codes(column) for column in table.columns]
    same = ~begins
    for code in codes:
        same &= code[order] == code[first]
    again = np.zeros(len(order), bool)
    again[order[same]] = True
    # Rows that differ although their hashes agree: hardly ever one.
    seen: set[tuple[int, ...]] = set()
    for i in np.sort(order[~same & ~begins]):
        values = tuple(int(code[i]) for code in codes)
        again[i] = values in seen
        seen.add(values)
    return again


def _hashes(table: pa.Table) -> npt.NDArray[np.uint64]:
    import duckdb

    names = [f"c{i}" for i in range(table.num_columns)]
    try:
        with duckdb.connect(config={"threads": 1}) as link:
            link.register("source", table.rename_columns(names))
            found = link.sql(f"select hash({', '.join(names)}) as mixed from source")
            return np.asarray(found.to_arrow_table().column("mixed").to_numpy())
    except duckdb.Error:  # A type it does not know: then by the values' codes.
        return _mixed([_codes(column) for column in table.columns])


def _mixed(codes: list[Ints]) -> npt.NDArray[np.uint64]:
    mixed = np.zeros(len(codes[0]) if codes else 0, np.uint64)
    for code in codes:
        mixed = (mixed ^ code.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _codes(column: pa.ChunkedArray) -> Ints:
    try:
        return encoded(column)[1].astype(np.int64)
    except pa.ArrowNotImplementedError:  # Lists and structs: by how they print.
        printed = pa.chunked_array([[str(value) for value in column.to_pylist()]], pa.string())
        return encoded(printed)[1].astype(np.int64)
