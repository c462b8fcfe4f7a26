"""The contract on predictions for a few answers at once: what can go wrong with single ones."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from stepladder.core.predictions import columns
from stepladder.core.question import Question
from stepladder.ship.service.refused import Refused


def checked(table: pa.Table, question: Question, cases: pa.Table) -> pa.Table:
    """A rung's answer in standard form, in the order of the cases, best first. Raises Refused (500).

    As core.predictions.check, which asks DuckDB twice and takes a hundred times as long; columns and
    types were held to the contract when the rung was loaded.
    """
    key = cases.column_names[0]
    order = {case: nth for nth, case in enumerate(cases[key].to_pylist())}
    rows = table.to_pylist()
    answered = {row[key] for row in rows}
    if answered != order.keys():
        raise _wrong("cases that nobody asked for, or none for some that were")
    if len(question.KEYS) == 1 and len(rows) != len(order):
        raise _wrong("several rows for one case")
    for row in rows:
        if any(isinstance(value, float) and not math.isfinite(value) for value in row.values()):
            raise _wrong("NaN or infinite numbers")
        if question.INTERVALS == "count" and (row["prediction"] or 0) < 0:
            raise _wrong("a count below zero")
    rows.sort(key=lambda row: _place(row, order[row[key]], question))
    kinds = [(name, table.schema.field(name).type) for name in question.KEYS]
    schema = pa.schema([*kinds, *columns(question).items()])
    return pa.Table.from_pylist(rows, schema)


def _place(row: dict[str, Any], nth: int, question: Question) -> tuple[Any, ...]:
    best = row["prediction"]
    more = question.KEYS[1:]
    return nth, best is None, -(best or 0.0), *(row[name] for name in more if row[name] is not None)


def _wrong(what: str) -> Refused:
    return Refused(
        500,
        f"the rung answers with {what}",
        "a rung answers every case it is asked about, and no others, in finite numbers",
        "go back to an earlier release: stepladder ship --rollback",
    )
