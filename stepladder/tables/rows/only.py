"""Only rows with a certain value in a column count; the others are set aside before anything is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.tables.columns.words import plain
from stepladder.tables.findings import Finding, finding, typed
from stepladder.tables.ids.ids import texts
from stepladder.tables.raw import Raw

Only = Mapping[str, str | Sequence[str]]
Bools = npt.NDArray[np.bool_]
SHOWN = 8


def only(raw: Raw, wanted: Only) -> Raw:
    """The source with the rows that have a wanted value in each of these columns; the rest set aside.

    Values are compared as texts, whether capital or small. Raises Problem where a column is not there,
    or no row has the value.
    """
    for name, values in wanted.items():
        raw = _of_one(raw, name, (values,) if isinstance(values, str) else tuple(values))
    return raw


def _of_one(raw: Raw, name: str, wanted: tuple[str, ...]) -> Raw:
    if name not in raw.table.column_names:
        raise _no_column(name, wanted, raw.table.column_names)
    read = texts(raw.table.column(name))
    words = [str(one or "") for one in read.words.to_pylist()]
    for value in wanted:
        if value.casefold().strip() not in {one.casefold() for one in words}:
            raise _no_value(name, value, words)
    there = {value.casefold().strip() for value in wanted}
    keep = np.array([one.casefold() in there for one in words], bool)[read.at]
    said = f"rows have another {name} than {' or '.join(wanted)}"
    return without(raw, ~keep, f"other {name}", said)


def without(raw: Raw, gone: Bools, reason: str, sentence: str) -> Raw:
    """The source without some of its rows, which are counted as set aside."""
    if not gone.any():
        return raw
    at = np.flatnonzero(gone)
    shown = raw.table.take(pa.array(at[:5])).to_pylist()
    texts_ = [", ".join("" if v is None else str(v) for v in row.values()) for row in shown]
    lines = [(int(raw.row[i]), text) for i, text in zip(at[:5], texts_, strict=True)]
    first = finding(reason, lines, sentence)[0]
    found = Finding(reason, len(at), first.sentence, first.examples)
    keep = ~gone
    table = raw.table.filter(pa.array(keep))
    return replace(raw, table=table, row=raw.row[keep], aside=(*raw.aside, found))


def _no_column(name: str, wanted: Sequence[str], names: Sequence[str]) -> Problem:
    by_plain = {plain(one): one for one in names}
    near = difflib.get_close_matches(plain(name), list(by_plain), 1, 0.5)
    return Problem(
        f"The column {name!r}, of which only {' or '.join(map(repr, wanted))} counts, is not in the table.",
        f"The columns there are: {', '.join(names)}.",
        f"Did you mean --only {typed(f'{by_plain[near[0]]}={wanted[0]}')}?"
        if near
        else "Name one of them: --only COLUMN=VALUE.",
    )


def _no_value(name: str, value: str, words: Sequence[str]) -> Problem:
    there = [one for one in dict.fromkeys(words) if one]
    lower = {one.casefold(): one for one in there}
    near = difflib.get_close_matches(value.casefold(), list(lower), 1, 0.5)
    shown = ", ".join(repr(one[:40]) for one in there[:SHOWN])
    more = f" and {len(there) - SHOWN:,} more" if len(there) > SHOWN else ""
    return Problem(
        f"No row has {value!r} in the column {name!r}.",
        f"The values there are: {shown or 'none at all'}{more}.",
        f"Did you mean --only {typed(f'{name}={lower[near[0]]}')}?"
        if near
        else "Name one of these: --only COLUMN=VALUE.",
    )
