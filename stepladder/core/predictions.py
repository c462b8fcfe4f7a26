"""The contract on predictions: every case answered, standard columns, nothing missing, nothing invented."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.core.question import Completed, Question

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
    _check_keys(table, question, cases)
    return _check_values(_arrange(table, question, cases), question)


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


def _check_keys(table: pa.Table, question: Question, cases: pa.Table) -> None:
    asked = ", ".join(map(quoted, cases.column_names))
    keys = ", ".join(map(quoted, question.KEYS))
    named = [quoted(key) for key in question.KEYS if key not in cases.column_names]
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("p", table)
        con.register("c", cases)
        wrong = {
            "doubled": f"select 1 from p group by {keys} having count(*) > 1",
            "missing": f"select 1 from c anti join p using ({asked})",
            "invented": f"select 1 from p anti join c using ({asked})",
            **{f"with a {n} but no prediction, or none but one": f"select 1 from p where ({n} is null) <> "
               "(prediction is null)" for n in named},
        }  # fmt: skip
        for what, query in wrong.items():
            row = con.execute(f"select count(*) from ({query})").fetchone()
            if row and row[0]:
                raise _wrong(
                    f"{row[0]:,} of {cases.num_rows:,} cases {what}",
                    "one row for each case, with nulls where there is no opinion"
                    if named
                    else "one row for each case",
                )


def _arrange(table: pa.Table, question: Question, cases: pa.Table) -> pa.Table:
    asked = ", ".join(map(quoted, cases.column_names))
    named = [key for key in question.KEYS if key not in cases.column_names]
    given = [name for name in columns(question) if name in table.column_names]
    picked = "".join(f", p.{quoted(name)}" for name in (*named, *given))
    best = "".join(f", {quoted(name)}" for name in named)
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("p", table)
        con.register("c", cases.append_column("_order", pa.array(np.arange(cases.num_rows))))
        query = (
            f"select c.* {picked} from c join p using ({asked}) "
            f"order by _order, p.prediction desc nulls last{best}"
        )
        found = con.sql(query).to_arrow_table()
    out = {name: found[name] for name in question.KEYS}
    for name, kind in columns(question).items():
        try:
            out[name] = found[name].cast(kind) if name in given else pa.nulls(found.num_rows, kind)
        except pa.ArrowInvalid as error:
            raise _wrong(f"`{name}` as {found[name].type} ({error})", f"make it {kind}") from None
        except pa.ArrowNotImplementedError:
            raise _wrong(f"`{name}` as {found[name].type}", f"make it {kind}") from None
    return pa.table(out)


def _check_values(table: pa.Table, question: Question) -> pa.Table:
    for name, kind in columns(question).items():
        if kind != pa.float64():
            continue
        finite = pc.fill_null(pc.is_finite(table[name]), True)
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
            if pa.types.is_floating(field.type) and field.name not in ("prediction", "low", "high"):
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


def _wrong(given: str, remedy: str) -> Problem:
    allowed = "a rung answers with the keys, prediction and the declared columns, one row per case"
    return Problem(f"its answer has {given}", allowed, remedy)
