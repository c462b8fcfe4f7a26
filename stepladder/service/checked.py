"""The contract on predictions for a few answers at once: what can go wrong with single ones."""

from __future__ import annotations

import math

import pyarrow as pa

from stepladder.core.predictions import columns
from stepladder.core.question import Question
from stepladder.service.refused import Refused


def checked(table: pa.Table, question: Question, cases: pa.Table) -> pa.Table:
    """A rung's answer in standard form, in the order of the cases, best first. Raises Refused (500).

    As core.predictions.check, which asks DuckDB twice and takes a hundred times as long; columns and
    types were held to the contract when the rung was loaded.
    """
    asked = cases[cases.column_names[0]].to_pylist()
    given = [table[name].to_pylist() for name in question.KEYS]
    if given[0] != asked and set(given[0]) != set(asked):
        raise _wrong("cases that nobody asked for, or none for some that were")
    if len(given) == 1 and len(given[0]) != len(asked):
        raise _wrong("several rows for one case")
    best = _finite(table, question)
    nth = {case: place for place, case in enumerate(asked)}
    places = [
        (nth[who], said is None, -(said or 0.0), *(item for item in more if item is not None))
        for who, said, *more in zip(given[0], best, *given[1:], strict=True)
    ]
    order = sorted(range(len(places)), key=places.__getitem__)
    if order != list(range(len(order))):
        table = table.take(order)
    there, found = set(table.column_names), {name: table[name] for name in question.KEYS}
    for name, kind in columns(question).items():
        found[name] = _as(kind, table[name]) if name in there else pa.nulls(len(order), kind)
    return pa.table(found)


def _as(kind: pa.DataType, column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if column.type == kind else column.cast(kind)


def _finite(table: pa.Table, question: Question) -> list[float | None]:
    """The predictions. Raises Refused where a number is none, or a count is below zero."""
    for name in table.column_names:
        if pa.types.is_floating(table[name].type):
            for value in table[name].to_pylist():
                if value is not None and not math.isfinite(value):
                    raise _wrong("NaN or infinite numbers")
    best: list[float | None] = table["prediction"].to_pylist()
    if question.INTERVALS == "count" and any(value is not None and value < 0 for value in best):
        raise _wrong("a count below zero")
    return best


def _wrong(what: str) -> Refused:
    return Refused(
        500,
        f"the rung answers with {what}",
        "a rung answers every case it is asked about, and no others, in finite numbers",
        "go back to an earlier release: stepladder ship --rollback",
    )
