"""The contract on predictions: every case answered, standard columns, nothing missing, nothing invented."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.errors import Problem
from stepladder.core.question import Completed, Question
from stepladder.core.strays import BOUND

Ints = NDArray[np.int64]
KIND = {"share": pa.float64(), "number": pa.float64(), "text": pa.string()}


def columns(question: Question) -> dict[str, pa.DataType]:
    """The columns a rung may answer with, beside the keys, and their types."""
    extras = {name: KIND[kind] for name, kind in question.EXTRAS.items()}
    number = pa.float64()
    return {
        "prediction": number,
        "low": number,
        "high": number,
        **extras,
        "why": pa.list_(pa.int64()),
    }


def check(table: object, question: Question, cases: pa.Table) -> pa.Table:
    """The predictions in standard form, in the order of the cases.

    Returns KEYS…, prediction, low, high, EXTRAS…, why; nulls where the rung has no opinion. Where KEYS
    say more than whom is asked about (an item for each person), a case may have several rows, best first.
    Raises Problem on wrong columns or types, NaN, missing, doubled or invented cases.
    """
    if not isinstance(table, pa.Table):
        raise _wrong(f"a {type(table).__name__}", "return a pyarrow Table from predict")
    _check_columns(table, question)
    place = _places(cases, table)
    _check_keys(table, question, cases, place)
    named = [key for key in question.KEYS if key not in cases.column_names]
    return _check_values(_typed(_arranged(table, named, cases, place), question), question)


def _check_columns(table: pa.Table, question: Question) -> None:
    allowed = [*question.KEYS, *columns(question)]
    for needed in (*question.KEYS, "prediction"):
        if needed not in table.column_names:
            raise _wrong(
                f"no column `{needed}`", f"add it; there are: {', '.join(table.column_names)}"
            )
    for name in table.column_names:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            hint = f"did you mean `{near[0]}`?" if near else "leave it out"
            raise _wrong(f"a column `{name}`; allowed are {', '.join(allowed)}", hint)


def _places(cases: pa.Table, table: pa.Table) -> Ints:
    """For each answer, which case it is about: 0 is the first; a number beyond them, nobody's case."""
    names = cases.column_names
    same = {name: _as(cases[name].type, table[name]) for name in names}
    return _numbered(*([*cases[name].chunks, *same[name].chunks] for name in names))[len(cases) :]


def _numbered(*columns: Sequence[pa.Array]) -> Ints:
    """A number for each row, counted as rows are first met: the same where they agree in all columns."""
    numbers: Any = 0
    for chunks in columns:
        if len({chunk.type for chunk in chunks}) > 1:  # ids that cannot all be of one type
            chunks = [chunk.cast(pa.string()) for chunk in chunks]
        found = pa.chunked_array(chunks).combine_chunks().dictionary_encode("encode")
        both = numbers * len(found.dictionary) + found.indices.to_numpy().astype(np.int64)
        numbers = both if len(columns) == 1 else _met(both)
    return np.asarray(numbers)


def _met(numbers: Ints) -> Ints:
    """The same, numbered anew: so they stay below the number of rows."""
    return np.asarray(pa.array(numbers).dictionary_encode().indices, np.int64)


def _as(kind: pa.DataType, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in another type, or as it was where that cannot be."""
    try:
        return column if column.type == kind else column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return column


def _check_keys(table: pa.Table, question: Question, cases: pa.Table, place: Ints) -> None:
    named = [key for key in question.KEYS if key not in cases.column_names]
    answers = np.bincount(place, minlength=cases.num_rows)
    whole = _numbered([pa.array(place)], *(table[key].chunks for key in named))
    without = table["prediction"].is_null()
    wrong = {
        "doubled": np.bincount(whole) > 1,
        "missing": answers[: cases.num_rows] == 0,
        "invented": place >= cases.num_rows,
        **{f'with a "{name}" but no prediction, or none but one':
           pc.not_equal(table[name].is_null(), without).to_numpy() for name in named},
    }  # fmt: skip
    for what, rows in wrong.items():
        if rows.any():
            raise _wrong(
                f"{rows.sum():,} of {cases.num_rows:,} cases {what}",
                "one row for each case, with nulls where there is no opinion"
                if named
                else "one row for each case",
            )


def _arranged(table: pa.Table, named: Sequence[str], cases: pa.Table, place: Ints) -> pa.Table:
    """The answers in the order of the cases and with their ids, each case's best first, nulls last.

    What stands in time, such as the steps of a forecast, stands in its order.
    """
    for name in cases.column_names:
        at = table.column_names.index(name)
        table = table.set_column(at, name, cases[name].take(pa.array(place)))
    if not named:
        in_order = bool((place[1:] > place[:-1]).all())
        return table if in_order else table.take(pa.array(np.argsort(place)))
    best = [] if any(pa.types.is_temporal(table[name].type) for name in named) else ["prediction"]
    columns = [pa.array(place), *(table[name] for name in (*best, *named))]
    order = ["ascending", *["descending"] * len(best), *["ascending"] * len(named)]
    numbered = pa.table(columns, names=list(map(str, range(len(columns)))))
    keys = list(zip(numbered.column_names, order, strict=True))
    return table.take(pc.sort_indices(numbered, sort_keys=keys))


def _typed(table: pa.Table, question: Question) -> pa.Table:
    out = {name: table[name] for name in question.KEYS}
    for name, kind in columns(question).items():
        if name not in table.column_names:
            out[name] = pa.nulls(table.num_rows, kind)
            continue
        try:
            out[name] = table[name] if table[name].type == kind else table[name].cast(kind)
        except pa.ArrowInvalid as error:
            raise _wrong(f"`{name}` as {table[name].type} ({error})", f"make it {kind}") from None
        except pa.ArrowNotImplementedError:
            raise _wrong(f"`{name}` as {table[name].type}", f"make it {kind}") from None
    return pa.table(out)


def _check_values(table: pa.Table, question: Question) -> pa.Table:
    for name, kind in columns(question).items():
        if kind != pa.float64():
            continue
        finite = pc.is_finite(table[name])  # null where there is no opinion: not counted below
        if not pc.all(finite, min_count=0).as_py():
            bad = table.filter(pc.invert(finite)).num_rows
            raise _wrong(
                f"{bad:,} values in `{name}` that are NaN or infinite", "give null instead"
            )
    low = pc.min(table["prediction"]).as_py()
    if question.INTERVALS == "count" and low is not None and low < 0:
        raise _wrong(f"a prediction of {low:g}", "a count is never below zero")
    return table


def complete(
    table: pa.Table, reference: pa.Table, floor: float | None, keys: Sequence[str]
) -> Completed:
    """One number per row, fit for scoring: nulls become the reference's answer, tiny ones are floored.

    Rows that only the reference answered, such as a step ahead that a rung left out, are its.
    """
    if not table.select(keys).equals(reference.select(keys)):
        found = table.take(places(reference, table, keys))
        table = pa.table({**_columns(found), **_columns(reference.select(keys))}, found.schema)
    given, base = table["prediction"], reference["prediction"]
    nulls = given.null_count
    filled = pc.coalesce(given, base)
    if nulls:  # no opinion is the reference's opinion, of money too
        for i, field in enumerate(table.schema):
            bound = BOUND.fullmatch(field.name) or field.name == "prediction"
            if pa.types.is_floating(field.type) and not bound:
                both = pc.if_else(pc.is_null(given), reference[field.name], table[field.name])
                table = table.set_column(i, field.name, both)
    floored = 0
    if floor is not None:
        least = pc.multiply(base, floor)
        floored = pc.sum(pc.less(filled, least)).as_py() or 0
        filled = pc.max_element_wise(filled, least)
    at = table.column_names.index("prediction")
    return Completed(table.set_column(at, "prediction", filled), nulls, floored)


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def places(rows: pa.Table, other: pa.Table, keys: Sequence[str]) -> pa.Array:
    """For each row the place of the other table's row of the same keys, null where there is none."""
    keys = list(keys)
    if rows.num_rows == other.num_rows and rows.select(keys).equals(other.select(keys)):
        return pa.array(np.arange(rows.num_rows))
    kinds = pa.schema(
        [rows.schema.field(key).remove_metadata().with_nullable(True) for key in keys]
    )
    mine = rows.select(keys).cast(kinds)
    mine = mine.append_column("nth", pa.array(np.arange(rows.num_rows)))
    theirs = other.select(keys).cast(kinds)
    theirs = theirs.append_column("place", pa.array(np.arange(other.num_rows)))
    found = mine.join(theirs, keys, join_type="left outer", use_threads=False)
    return found.sort_by("nth")["place"].combine_chunks()


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether two answers agree, but for the last digits of numbers."""
    if one.num_rows != other.num_rows:
        return False
    for name in one.column_names:
        for a, b in zip(one[name].to_pylist(), other[name].to_pylist(), strict=True):
            near = isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-9 * abs(a)
            if a != b and not near:
                return False
    return True


def _wrong(given: str, remedy: str) -> Problem:
    allowed = "a rung answers with the keys, prediction and the declared columns, one row per case"
    return Problem(f"its answer has {given}", allowed, remedy)
