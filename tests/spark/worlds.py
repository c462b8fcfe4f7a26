"""Toy worlds of the questions, as files that both engines read."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder import questions
from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.questions.question_toml import parse
from stepladder.spark import SparkHistory

ADDRESS = "local[2]"
SEED = 7


@dataclass(frozen=True)
class Both:
    """One past on both engines."""

    duckdb: History
    spark: SparkHistory


@dataclass(frozen=True)
class Toy:
    """A question's toy world as files, and what was known at a moment."""

    name: str
    question: Question
    world: Any
    ask: Ask
    now: date
    tables: dict[str, tuple[str, str | None]]

    @property
    def later(self) -> date:
        """One horizon on."""
        return self.now + timedelta(days=self.ask.horizon)

    def at(self, now: date) -> Both:
        """The world as it was known at a moment."""
        views = tuple(self.question.views(self.ask).items())
        made = (kind(now, self.ask, self.tables, views=views) for kind in (History, SparkHistory))
        return Both(*made)


def make(name: str, folder: Path, address: str = ADDRESS) -> Toy:
    """The files of a question's toy world."""
    module = importlib.import_module(f"stepladder.questions.{name}.toy")
    question = questions.load(name)
    times = {spec.name: spec.time for spec in question.TABLES}
    tables = {}
    for table, rows in module.tables(SEED).items():
        pq.write_table(rows, folder / f"{table}.parquet")
        tables[table] = (str(folder / f"{table}.parquet"), times[table])
    ask = parse(module.ASK).model_copy(update={"engine": "spark", "spark": address})
    return Toy(name, question, module, ask, module.NOW, tables)


def alike(a: pa.Table, b: pa.Table, *, ordered: bool = False) -> None:
    """The same rows, whole numbers and texts exactly, other numbers to nine digits."""
    assert a.column_names == b.column_names
    assert a.num_rows == b.num_rows
    if not ordered:
        a, b = sorted_rows(a), sorted_rows(b)
    for name in a.column_names:
        left, right = a[name].combine_chunks(), b[name].combine_chunks()
        if pa.types.is_floating(left.type) or pa.types.is_decimal(left.type):
            numbers = (c.cast(pa.float64()).to_numpy(zero_copy_only=False) for c in (left, right))
            np.testing.assert_allclose(*numbers, rtol=1e-9, atol=1e-12, err_msg=name)
        else:
            assert left.to_pylist() == right.to_pylist(), name


def sorted_rows(table: pa.Table) -> pa.Table:
    """The rows in an order that does not depend on who gave them."""
    plain = [f.name for f in table.schema if not pa.types.is_nested(f.type)]
    return table.sort_by([(name, "ascending") for name in plain])
