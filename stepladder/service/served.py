"""What the service says of one project: its published predictions, and its release for whoever is new."""

from __future__ import annotations

import contextlib
import math
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel

from stepladder.core import own, rooms
from stepladder.core.cases import kinds
from stepladder.core.errors import Problem
from stepladder.core.own import Brings
from stepladder.core.predictions import places
from stepladder.project.folder import Project
from stepladder.project.last_read import FILE as LAST_READ
from stepladder.project.last_read import as_last_read
from stepladder.record import Shipment, Stored
from stepladder.release.release import Release, files
from stepladder.release.ship import in_production
from stepladder.service.alone import Alone, Rows
from stepladder.service.models import answer_model, request_model
from stepladder.service.published import Published, latest
from stepladder.service.refused import Refused
from stepladder.service.rows import Case
from stepladder.service.writes import PATIENCE_S

Mark = tuple[Any, ...]  # changes whenever there is something else to serve
ROWS_SHOWN, TRIED = 3, 3
AT_ONCE = 50  # cases answered before looking whether anybody still waits
SHORT_S, SHORT_ROWS = 0.02, 200  # what is answered without a thread of its own


@dataclass(frozen=True)
class Served:
    """A project as it is served; never changed, only replaced as a whole."""

    name: str
    project: Project
    mark: Mark
    shipment: Shipment
    release: Release
    published: Published | None
    now: date  # as of when it answers
    own: Brings | None  # what newcomers bring, where anybody new is answered
    alone: Alone | None
    example: tuple[dict[str, Any], ...]  # rows that a newcomer might bring
    takes_s: float  # a newcomer's answer, as it was tried

    @staticmethod
    def load(name: str, folder: Path) -> Served:
        """Read, check and try what is in production. Raises Problem where something is wrong with it."""
        project = as_last_read(Project.open(folder)).hurried(PATIENCE_S)
        shipment, stored = in_production(project), latest(project)
        mark = _mark(project, shipment, stored)  # first: what changes meanwhile is seen later
        room = rooms.made()  # swept after a kill
        try:
            return Served._load(name, project, mark, shipment, stored, room)
        except BaseException:
            rooms.gone(room)
            raise

    @staticmethod
    def _load(
        name: str,
        project: Project,
        mark: Mark,
        shipment: Shipment,
        stored: Stored | None,
        room: Path,
    ) -> Served:
        release = Release.load(shipment.release, project.folder, room / "models")
        published = Published.load(project, stored, room) if stored else None
        now = date.fromisoformat(stored.as_of if stored else release.manifest.as_of)
        own = _own(project, now)
        alone, takes_s = None, math.inf
        example: tuple[dict[str, Any], ...] = ()
        if own and not release.manifest.alone:
            example = _example(project, own)
            alone = Alone.of(project, release, own, room)
            takes_s = _try(alone, example)
        made = Served(
            name, project, mark, shipment, release, published, now, own, alone, example, takes_s
        )
        weakref.finalize(made, rooms.gone, room)
        return made

    @cached_property
    def request(self) -> type[BaseModel]:
        """What a request about it may say."""
        return request_model(self.name, self.case, self.own)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """What its answers hold."""
        return answer_model(self.name, self.project.question)

    @cached_property
    def case(self) -> list[pa.Field]:
        """The columns that say whom a prediction is about, with their types."""
        schema = kinds(self.project.question, self.project.history())
        return [schema.field(name) for name in self.project.question.CASE]

    def newcomers(
        self, cases: Sequence[Case], why: bool = False, late: Event | None = None
    ) -> list[Rows | Refused]:
        """The answers for cases that bring their own rows, or refusals; none once it is too late.

        One thread at a time.
        """
        assert self.alone is not None
        found: list[Rows | Refused] = []
        for start in range(0, len(cases), AT_ONCE):
            if late is not None and late.is_set():
                break
            found += self.alone.answer(cases[start : start + AT_ONCE], why)
        return found

    def at_once(self, cases: Sequence[Case]) -> bool:
        """Whether an answer takes so little that others can wait; a user's own rung may take any time."""
        rows = cases[0][1]
        short = len(cases) == 1 and len(rows) <= SHORT_ROWS and self.takes_s < SHORT_S
        return short and not self.fenced

    @property
    def fenced(self) -> bool:
        """Whether its newcomers are answered by somebody's own rung, in a process of its own."""
        return self.alone is not None and not self.alone.rung.ours

    def stop(self) -> None:
        """Stop answering newcomers, from another thread: it takes too long."""
        if self.alone is not None:
            with contextlib.suppress(Exception):
                self.alone.stop()

    def about(self) -> dict[str, Any]:
        """What is in production, for whoever asks."""
        manifest = self.release.manifest
        decision: Mapping[str, Any] = manifest.decision or {}
        stored = self.published.stored if self.published else None
        return {
            "question": self.name,
            "asks": self.project.words,
            "kind": manifest.question,
            "rung": manifest.rung,
            "release": self.release.hash,
            "model": manifest.model,
            "as_of": manifest.as_of,
            "shipped": {"how": self.shipment.kind, "by": self.shipment.by, "at": self.shipment.time},
            "decided": {"by": decision.get("by"), "because": decision.get("because")},
            "forced": manifest.forced or None,
            "published": stored and {
                "as_of": stored.as_of, "rung": stored.rung, "release": stored.model_hash,
                "cases": self.published and self.published.cases,
            },
            "newcomers": manifest.alone or None,
        }  # fmt: skip


def mark_of(project: Project) -> Mark:
    """What would be served now, told cheaply."""
    return _mark(project, in_production(project), latest(project))


def _mark(project: Project, shipment: Shipment, stored: Stored | None) -> Mark:
    """What is served, and how its files look: whoever alters one changes at least one of these."""
    there = files(shipment.release, project.folder)
    there += [project.folder / source.cleaned for source in project.ask.tables.values()]
    there.append(project.folder / LAST_READ)
    if stored is not None:
        there.append(project.folder / stored.path)
    gone = len(project.record.forgotten(project.ask.question))  # nobody forgotten stays in memory
    return shipment.id, stored and (stored.id, stored.sha256), gone, tuple(map(_look, there))


def _look(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _own(project: Project, now: date) -> Brings | None:
    question = project.question
    if question.OWN is None:
        return None
    spec = own.spec(question)
    schema = pq.read_schema(project.table(spec.name)).remove_metadata()
    spelt = project.ask.tables[spec.name].choices.get("version", 1) > 1
    return Brings(question, spec, schema, now, spelt)


def _example(project: Project, brings: Brings) -> tuple[dict[str, Any], ...]:
    """Rows as somebody new might bring them: somebody's last of the table."""
    question, when = brings.question, brings.spec.time
    names = [name for name in brings.schema.names if name != "row"]
    file = pq.ParquetFile(project.table(brings.spec.name))
    for group in reversed(range(file.num_row_groups)):
        rows = file.read_row_group(group, names)
        if when:
            rows = rows.filter(pc.less(rows[when], pa.scalar(brings.now).cast(rows[when].type)))
        if rows.num_rows:
            return _somebodys(rows, question.CASE, brings)
    return ()


def _somebodys(rows: pa.Table, case: tuple[str, ...], brings: Brings) -> tuple[dict[str, Any], ...]:
    """The last rows of whoever has most, as a request would say them."""
    counted = rows.group_by(list(case), use_threads=False).aggregate([([], "count_all")])
    busiest = counted.slice(pc.index(counted["count_all"], pc.max(counted["count_all"])).as_py(), 1)
    mine = rows.filter(pc.is_valid(places(rows, busiest, case))).drop_columns(list(case))
    known = own.sayable(brings)
    told = [{n: v for n, v in r.items() if v is not None and n in known} for r in mine.to_pylist()]
    return tuple(told[-ROWS_SHOWN:] if brings.question.OWN.many else told[-1:])  # type: ignore[union-attr]


def _try(alone: Alone, example: Sequence[dict[str, Any]]) -> float:
    """Ask some times, as the first is slow; a release that cannot answer is not served.

    Returns the seconds an answer takes.
    """
    if not example:
        raise Problem(
            "there is no row before the moment of the predictions",
            "a release is tried on a few rows of its own data before it is served",
            "check the data: stepladder refresh",
        )
    took: list[float] = []
    for _ in range(TRIED):
        begun = time.perf_counter()
        alone.answer([("the example", example)], why=not took)
        took.append(time.perf_counter() - begun)
    return min(took)
