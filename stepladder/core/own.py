"""What newcomers bring: rows of their own, made into the question's table, one way for every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.core.table import Column, TableSpec


class Brings(NamedTuple):
    """What newcomers bring: rows of which table, its columns as they lie in the project, until when."""

    question: Question
    spec: TableSpec
    schema: pa.Schema
    now: date  # everything happened before it
    one_spelling: bool = False  # whether ids have one there, whatever the newcomer's


class Brought(NamedTuple):
    """Newcomers as a history takes them: whom to ask about, and their rows by table."""

    cases: pa.Table  # CASE…, one row for each, in their order
    rows: dict[str, pa.Table]


def spec(question: Question) -> TableSpec:
    """The table of which a newcomer brings rows. Raises Problem where the question answers nobody new."""
    if question.OWN is None:
        raise Problem(
            "a case with rows of its own",
            "this question answers only cases that are in its data",
            "ask for one that is known, by its id",
        )
    return next(table for table in question.TABLES if table.name == question.OWN.table)


def refuse(question: Question, history: History, rows: pa.Table) -> None:
    """Raise Problem on a newcomer's rows, as the question's table has them, of which nothing can be said."""
    if question.OWN is not None:
        question.OWN.refuse(history, rows)


def sayable(own: Brings) -> set[str]:
    """The columns that a newcomer's row may say: those declared, and further ones where they are allowed."""
    declared = {column.name for column in own.spec.columns}
    further = own.question.OWN is not None and own.question.OWN.rest
    there = {name for name in own.schema.names if further or name in declared}
    return there - {"row", *own.question.CASE}


def about_cases(question: Question, columns: Sequence[str]) -> bool:
    """Whether a table of these columns has rows of cases; any other is the same for everyone."""
    return set(question.CASE) <= set(columns)


def brought(question: Question, kinds: pa.Schema, now: date, given: Sequence[pa.Table]) -> Brought:
    """The rows of several newcomers, each under an id that nobody has, as the question's table.

    `kinds`: the table's columns, see `schema`. Without a time rows lie just before now, in their order.
    `row` counts on from 1 where they bring none.
    """
    whole, start = [], 1
    for nth, rows in enumerate(given):
        case = {n: [nobody(kinds.field(n).type, nth)] * rows.num_rows for n in question.CASE}
        whole.append(as_ours(question, kinds, now, rows, case, start))
        start += rows.num_rows
    ids = {n: [nobody(kinds.field(n).type, i) for i in range(len(given))] for n in question.CASE}
    cases = {name: pa.array(values, kinds.field(name).type) for name, values in ids.items()}
    return Brought(pa.table(cases), {spec(question).name: pa.concat_tables(whole)})


def schema(question: Question, history: History) -> pa.Schema:
    """The columns of the table that a newcomer brings rows of, as the project has them."""
    name = quoted(spec(question).name)
    return history.sql(f"select * from {name} limit 0").schema.remove_metadata()


def as_ours(
    question: Question,
    kinds: pa.Schema,
    now: date,
    rows: pa.Table,
    case: Mapping[str, Sequence[Any]] | None = None,
    start: int = 1,
) -> pa.Table:
    """Rows as the question's table has them: columns it does not know are left out, missing ones null.

    `case`: whose they are, where the rows do not say. Raises Problem on columns that cannot be read.
    """
    when, n, there = spec(question).time, rows.num_rows, rows.column_names
    made: dict[str, Any] = dict(case or {})
    if "row" not in there:
        made["row"] = range(start, start + n)
    if case and when and (when not in there or rows[when].null_count):
        _refuse_without(spec(question).column(when))
        yesterday = np.datetime64(now - timedelta(days=1), "us")
        made[when] = yesterday + np.arange(n).astype("timedelta64[s]")
    columns = {}
    for field in kinds:
        if field.name in made:
            columns[field.name] = pa.array(made[field.name]).cast(field.type, safe=False)
        elif field.name in there:
            columns[field.name] = fitting(rows[field.name], field)
        else:
            columns[field.name] = pa.nulls(n, field.type)
    return pa.table(columns, kinds)


def nobody(kind: pa.DataType, nth: int = 0) -> Any:
    """A value that no id has: ids are never negative, nor do they begin with a blank."""
    return -1 - nth if pa.types.is_integer(kind) else f" newcomer {nth}"


def named(schema: pa.Schema, case: str) -> pa.Table | None:
    """A case as it is typed, its columns' values joined by "/"; None where it cannot be one."""
    parts = case.split("/") if len(schema) > 1 else [case]
    if len(parts) != len(schema):
        return None
    values = {}
    for field, text in zip(schema, parts, strict=True):
        try:
            whole = text.removesuffix(".0") if pa.types.is_integer(field.type) else text
            values[field.name] = pa.array([whole]).cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None
    return pa.table(values)


def _refuse_without(time: Column) -> None:
    """Moments may be left out, for rows stand in their order; of days nobody knows how many lie between."""
    if time.required and time.kind == "day":
        raise Problem(
            f"rows without a `{time.name}`",
            f"each says {time.sentence}",
            f"add a column {time.name}, written YYYY-MM-DD",
        )


def fitting(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """A column in the type of ours; a time of day is cut off where ours are days. Raises Problem."""
    try:
        if pa.types.is_date(field.type) and pa.types.is_string(column.type):
            column = column.cast(pa.timestamp("us"))
        safe = not (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type))
        return column.cast(field.type, safe=safe)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Problem(
            f"the column {field.name} cannot be read: {error}",
            f"it holds {field.type}, as in the project's own table",
            "give it in that type; a day is written YYYY-MM-DD",
        ) from None
