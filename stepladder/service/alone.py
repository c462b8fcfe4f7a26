"""Answers for cases that bring their own rows: the released rung, asked about exactly these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.asking import answered, reasons
from stepladder.core.model import Model
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.project.folder import Project
from stepladder.release.release import Release
from stepladder.service.checked import checked
from stepladder.service.door import Door
from stepladder.service.own_rows import OwnRows
from stepladder.service.quick import twins


@dataclass(frozen=True)
class _Read(Rung):
    """A rung whose file is read once; it was held to the rules for rungs when it was released."""

    @cached_property
    def _once(self) -> tuple[list[str], str]:
        # on a connection of its own: DuckDB's default one would stay, with a thread for every core
        with duckdb.connect(config={"threads": 1}) as con:
            found = [s.query for s in con.extract_statements(self.path.read_text("utf-8"))]
        return found[:-1], found[-1]

    def _statements(self) -> tuple[list[str], str]:
        return self._once

    @cached_property
    def _imported(self) -> ModuleType:
        return super()._module()

    def _module(self) -> ModuleType:
        return self._imported


@dataclass(frozen=True)
class Alone:
    """A released rung that answers from a case's own rows. For one thread at a time."""

    question: Question
    release: Release
    door: Door
    own: OwnRows
    rung: Rung
    model: Model
    reference: Rung
    reference_model: Model

    @staticmethod
    def of(project: Project, release: Release, own: OwnRows, room: Path) -> Alone:
        """The rung of a release, ready to be asked; `room` keeps what is the same for everyone."""
        found = release.rung(room)
        return Alone(
            project.question,
            release,
            _door(project, release, own, room),
            own,
            _Read(found.path, found.ours),
            _plain(release.model()),
            _Read(release.reference().path),
            _plain(release.reference_model()),
        )

    def answer(self, cases: Sequence[tuple[str, Any]]) -> list[list[dict[str, Any]]]:
        """For each case, given with its place in the request, the rows of its answer. Raises Refused."""
        rows = self.own.table(cases)
        self.door.open({self.own.spec.name: rows})
        key = pa.array([self.own.nobody(i) for i in range(len(cases))], self._key.type)
        asked = pa.table({self.own.key: key})
        try:
            table = self._answered(asked)
        finally:
            self.door.open({})
        return _by_case(table, self.own.key, key.to_pylist(), rows)

    def _answered(self, cases: pa.Table) -> pa.Table:
        question, door = self.question, self.door
        mine = checked(self.rung.predict(self.model, door, cases), question, cases)
        usual = checked(self.reference.predict(self.reference_model, door, cases), question, cases)
        table = answered(
            question, mine, lambda: usual, door, cases, self.release.taught
        ).predictions
        own = reasons(self.rung, self.model, door, table) if self.release.manifest.ours else None
        # without everybody's rows, a question would look for reasons among the others of the request
        return question.explain(door, table, _none_said(table, question) if own is None else own)

    @property
    def _key(self) -> pa.Field:
        return self.own.kinds.field(self.own.key)


def _none_said(table: pa.Table, question: Question) -> pa.Table:
    nothing = table.select([*question.KEYS]).slice(0, 0)
    return nothing.append_column("why", pa.array([], pa.list_(pa.int64())))


def _plain(model: Model) -> Model:
    """The same, its arrays mapped still; picking from a `memmap` takes ten times as long."""
    return {k: v.view(np.ndarray) if isinstance(v, np.memmap) else v for k, v in model.items()}


def _door(project: Project, release: Release, own: OwnRows, room: Path) -> Door:
    """A history without anybody's rows, and all that is the same for everyone."""
    question, ask = project.question, release.ask
    views = tuple(question.views(ask).items())
    known = replace(project.history(), ask=ask, views=views).at(own.now)
    tables: dict[str, tuple[str, str | None]] = {}
    rows: dict[str, pa.Table] = {}
    for spec in question.TABLES:
        path = project.table(spec.name)
        if spec.time and own.key in pq.read_schema(path).names:
            rows[spec.name] = pq.read_schema(path).remove_metadata().empty_table()
            path = room / f"{spec.name}.parquet"
            pq.write_table(rows[spec.name], path)
        tables[spec.name] = (str(path), spec.time)
    for name in question.DERIVED:
        pq.write_table(known.sql(f"select * from {name}"), room / f"{name}.parquet")
        tables[name] = (str(room / f"{name}.parquet"), None)
    return Door(
        own.now,
        ask,
        tables,
        views=views,
        own=tuple(rows),
        rows=rows,
        twins=twins(release.manifest.question),
    )


def _by_case(
    table: pa.Table, key: str, cases: Sequence[Any], rows: pa.Table
) -> list[list[dict[str, Any]]]:
    """Each case's answers without the id that stood in for it; source rows counted within the case."""
    before: dict[Any, int] = {}
    for nth, case in enumerate(rows[key].to_pylist()):
        before.setdefault(case, nth)
    found: Mapping[Any, list[dict[str, Any]]] = {case: [] for case in cases}
    for answer in table.to_pylist():
        case = answer.pop(key)
        if answer.get("why"):
            answer["why"] = [row - before[case] for row in answer["why"]]
        found[case].append(answer)
    return [found[case] for case in cases]
