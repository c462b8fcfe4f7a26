"""One case at a time: somebody known, somebody new with rows of their own, or an item's relatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.core.table import TableSpec
from stepladder.project.fitted import fitted
from stepladder.project.folder import Project


@dataclass(frozen=True)
class One:
    """A rung that has learnt, asked about one case at a time without learning anew.

    `derived`: where the tables worked out for the moment lie. `k`: how long a list, if not as usual.
    """

    project: Project
    rung: Rung
    model: Model
    reference: tuple[Rung, Model]
    derived: Path
    k: int | None = None

    @staticmethod
    def of(project: Project, name: str, derived: Path, k: int | None = None) -> One:
        """The rung of that name with its model, and the reference for where it has no opinion."""
        question, usual = project.question, project.question.REFERENCE
        history = project.history()
        for table in question.DERIVED:
            pq.write_table(history.sql(f"select * from {table}"), derived / f"{table}.parquet")
        reference = (project.rung(usual), fitted(project, usual))
        return One(project, project.rung(name), fitted(project, name), reference, derived, k)

    @cached_property
    def history(self) -> History:
        """All that is known."""
        found = self.project.history()
        more: dict[str, tuple[str, str | None]] = {
            name: (str(self.derived / f"{name}.parquet"), None)
            for name in self.project.question.DERIVED
        }
        ask = found.ask.model_copy(update={"k": self.k}) if self.k else found.ask
        return replace(found, ask=ask, tables={**found.tables, **more})

    @cached_property
    def key(self) -> pa.Field:
        """The column that says whom a prediction is about, and its type."""
        return self.project.question.cases(self.history).schema.field(0)

    @property
    def events(self) -> TableSpec:
        """The table of what happened, to which a newcomer brings rows of their own."""
        return next(spec for spec in self.project.question.TABLES if spec.time)

    def known(self, case: str) -> pa.Table:
        """The answer for somebody who is in the data. Raises Problem where nobody has that id."""
        value = self._typed(case)
        found = self.project.question.cases(self.history)[self.key.name]
        if (
            value is None
            or not pa.compute.is_in(pa.scalar(value), value_set=found.combine_chunks()).as_py()
        ):
            raise Problem(
                f"there is no {self.key.name} {case!r} in the data",
                f"the {found.length():,} known ones are asked for by their id",
                "somebody new is asked for with their own rows: --for FILE",
            )
        return self._answer(self.history, value)

    def new(self, rows: pa.Table) -> pa.Table:
        """The answer for somebody never seen, from rows of their own, oldest first; nothing is learnt."""
        history = self.laid_over(rows)
        return self._answer(history, self.nobody)

    def laid_over(self, rows: pa.Table) -> History:
        """The history with a newcomer's rows just before now, in their order."""
        spec, n = self.events, rows.num_rows
        whole = self.history.sql(f"select * from {spec.name} limit 0").schema
        start = np.datetime64(self.history.now - timedelta(days=1), "us")
        own: dict[str, Any] = {
            self.key.name: pa.array([self.nobody] * n, self.key.type),
            spec.time or "": pa.array(start + np.arange(n).astype("timedelta64[s]")),
            "row": rows["row"] if "row" in rows.column_names else pa.array(range(1, n + 1)),
        }
        columns = {
            field.name: own[field.name].cast(field.type)
            if field.name in own
            else rows[field.name].cast(field.type)
            if field.name in rows.column_names
            else pa.nulls(n, field.type)
            for field in whole
        }
        return self.history.plus(**{spec.name: pa.table(columns)})

    @property
    def nobody(self) -> int | str:
        """An id that nobody has."""
        return -1 if pa.types.is_integer(self.key.type) else " stranger"

    def _typed(self, case: str) -> int | str | None:
        if not pa.types.is_integer(self.key.type):
            return case
        return int(case) if case.removeprefix("-").isdecimal() else None

    def _answer(self, history: History, case: int | str) -> pa.Table:
        question = self.project.question
        cases = pa.table({self.key.name: pa.array([case], self.key.type)})
        mine, usual = (
            check(rung.predict(model, history, cases), question, cases)
            for rung, model in ((self.rung, self.model), self.reference)
        )
        table = question.complete(mine, usual, history, cases).predictions
        own = self.rung.why(self.model, history, table)
        return question.explain(history, table, own)
