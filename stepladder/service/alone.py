"""Answers for cases that bring their own rows: the released rung, asked about exactly these.

Our own rungs answer in the service's process, somebody's own from behind the fence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import rules
from stepladder.core.asking import Job, answered, asked, explained, reasons
from stepladder.core.door import Door
from stepladder.core.errors import Problem
from stepladder.core.model import Model
from stepladder.core.own import Brings, Brought, about_cases, refuse
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.fence.fenced import Fenced
from stepladder.project.folder import Project
from stepladder.release.release import Release
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.rows import Case, rows_to_table

Rows = list[dict[str, Any]]  # of an answer


@dataclass(frozen=True)
class _Read(Rung):
    """A rung whose SQL is read once; it was held to the rules for rungs when it was released."""

    con: Any = None  # the door's: DuckDB's default one would stay, with a thread for every core

    @cached_property
    def _once(self) -> tuple[list[str], str]:
        found = [s.query for s in self.con.extract_statements(self.path.read_text("utf-8"))]
        return found[:-1], found[-1]

    def _statements(self) -> tuple[list[str], str]:
        return self._once


@dataclass(frozen=True)
class Alone:
    """A released rung that answers from a case's own rows. For one thread at a time."""

    question: Question
    release: Release
    door: Door
    own: Brings
    rung: Rung
    model: Model
    reference: Rung
    reference_model: Model

    @staticmethod
    def of(project: Project, release: Release, own: Brings, room: Path) -> Alone:
        """The rung of a release, ready to be asked; `room` keeps what is the same for everyone."""
        found, door = release.rung(room), _door(project, release, own, room)
        mine = _Read(found.path, ours=True, con=door.con) if found.ours else _fenced(project, found)
        return Alone(
            project.question,
            release,
            door,
            own,
            mine,
            _plain(release.model()),
            _Read(release.reference().path, ours=True, con=door.con),
            _plain(release.reference_model()),
        )

    def answer(self, cases: Sequence[Case], why: bool = False) -> list[Rows | Refused]:
        """For each case, given with its place in the request, the rows of its answer; `why`: with reasons.

        A case of which nothing can be said has a refusal in its place. Raises Problem where the rows are
        not as described; Refused where the rung answers wrongly.
        """
        brought = rows_to_table(self.own, cases)
        refused = self._refused(cases, brought)
        heard = [case for case, no in zip(cases, refused, strict=True) if no is None]
        if len(heard) < len(cases):
            if not heard:
                return [no for no in refused if no is not None]
            brought = rows_to_table(self.own, heard)
        try:
            table = self._answered(self.door.over(brought.rows), brought.cases, why)
        except Problem as problem:
            raise Refused(500, *problem.parts()) from None
        found = iter(_by_case(table, brought, self.question.CASE))
        return [no or next(found) for no in refused]

    def _refused(self, cases: Sequence[Case], brought: Brought) -> list[Refused | None]:
        (rows,) = brought.rows.values()
        found: list[Refused | None] = []
        start = 0
        for where, mine in cases:
            try:
                refuse(self.question, self.door, rows.slice(start, len(mine)))
                found.append(None)
            except Problem as problem:
                given, allowed, remedy = problem.parts()
                found.append(Refused(404, f"{where}: {given}", allowed, remedy))
            start += len(mine)
        return found

    def stop(self) -> None:
        """Stop what is being asked, from another thread."""
        self.door.interrupt()
        if isinstance(self.rung, Fenced):
            self.rung.stop()

    def close(self) -> None:
        """Give back what DuckDB holds, and end the rung's process."""
        self.door.close()
        if isinstance(self.rung, Fenced):
            self.rung.end()

    def _answered(self, door: Door, cases: pa.Table, why: bool) -> pa.Table:
        question, taught = self.question, self.release.taught
        mine = asked(Job(question, self.rung, door, cases, self.model)).table

        def usual() -> pa.Table:
            return asked(Job(question, self.reference, door, cases, self.reference_model)).table

        table = answered(question, mine, usual, door, cases, taught).predictions
        if not why:
            return table.append_column("because", pa.nulls(table.num_rows, pa.string()))
        own = reasons(self.rung, self.model, door, table)
        # without everybody's rows, a question would look for reasons among the others of the request
        return explained(question, door, table, _none_said(table, question) if own is None else own)


def _fenced(project: Project, rung: Rung) -> Fenced:
    return Fenced(rung.path, project=project.folder, seconds=Limits().answer_s)


def _none_said(table: pa.Table, question: Question) -> pa.Table:
    nothing = table.select([*question.KEYS]).slice(0, 0)
    return nothing.append_column("why", pa.array([], pa.list_(pa.int64())))


def _plain(model: Model) -> Model:
    """The same, its arrays mapped still; picking from a `memmap` takes ten times as long."""
    return {k: v.view(np.ndarray) if isinstance(v, np.memmap) else v for k, v in model.items()}


def _door(project: Project, release: Release, own: Brings, room: Path) -> Door:
    """A history without anybody's rows, and all that is the same for everyone."""
    question, ask = project.question, release.ask
    today = replace(project.history(), ask=ask, views=tuple(question.views(ask).items()))
    rules.refuse(rules.lacking(question, today), gone=True)
    question.check(today)
    known = today.at(own.now)
    tables = {spec.name: (str(project.table(spec.name)), spec.time) for spec in question.TABLES}
    empty: dict[str, pa.Table] = {}
    for spec in question.TABLES:
        schema = pq.read_schema(tables[spec.name][0]).remove_metadata()
        if about_cases(question, schema.names):
            empty[spec.name] = schema.empty_table()
            tables[spec.name] = (str(room / f"{spec.name}.parquet"), spec.time)
            pq.write_table(empty[spec.name], tables[spec.name][0])
    for name in question.DERIVED:
        tables[name] = (str(room / f"{name}.parquet"), None)
        pq.write_table(known.sql(f"select * from {name}"), tables[name][0])
    return Door.of(replace(known, tables=tables), empty)


def _by_case(table: pa.Table, brought: Brought, case: tuple[str, ...]) -> list[Rows]:
    """Each case's answers without the ids that stood in for it; source rows counted within the case."""
    (rows,) = brought.rows.values()
    whose = [tuple(row.values()) for row in rows.select(case).to_pylist()]
    before: dict[Any, int] = {}
    for nth, one in enumerate(whose):
        before.setdefault(one, nth)
    found: dict[Any, list[dict[str, Any]]] = {
        tuple(row.values()): [] for row in brought.cases.select(case).to_pylist()
    }
    for answer in table.to_pylist():
        one = tuple(answer.pop(name) for name in case)
        if answer.get("why"):
            answer["why"] = [row - before[one] for row in answer["why"]]
        found[one].append(answer)
    return list(found.values())
