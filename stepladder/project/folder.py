"""A project's folder: its question, its cleaned tables, its ladder, its record."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import URL

from stepladder import people, questions
from stepladder.bakeoff.result import Result, from_json
from stepladder.core import own_loss, periods, rules
from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.history import ANSWERS, History, quoted
from stepladder.core.question import Question
from stepladder.core.rung import Rung, ladder
from stepladder.core.table import TableSpec
from stepladder.project import home, loss_file
from stepladder.project.at_work import settle
from stepladder.project.engine import askable, door
from stepladder.questions import question_toml
from stepladder.record import Answer, Record, address
from stepladder.tables.ids.ids import PLAIN
from stepladder.tables.report import DataReport, places_only


@dataclass(frozen=True)
class Project:
    """A folder with a question.toml: what is asked, of which data, by which rungs.

    read: what was wrong with tables that were read just now, with the rows themselves, which no file
    keeps.
    """

    folder: Path
    ask: Ask
    settings: str
    read: Mapping[str, DataReport] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def open(folder: str | Path = ".") -> Project:
        """Open the project in a folder. Raises Problem naming line and key of what needs mending."""
        path = Path(folder) / "question.toml"
        return Project(
            Path(folder).resolve(), question_toml.load(path), path.read_text("utf-8-sig")
        )

    @cached_property
    def question(self) -> Question:
        """The question's folder; judged by loss.sql where the project has one."""
        return loss_file.judged(questions.load(self.ask.question), self.folder)

    @property
    def words(self) -> str:
        """What is asked, as the project says it; else as the question does."""
        return self.ask.words or self.question.WORDS

    def judged_by(self, loss: str) -> Project:
        """The same project, judged by a loss.sql's text; by the question's own loss where it is empty."""
        found = copy(self)
        judged = own_loss.judged_by(questions.load(self.ask.question), loss)
        found.__dict__["question"] = judged  # as if it had been asked for already
        return found

    @property
    def ladder(self) -> list[Rung]:
        """Every rung, lowest first: a person, the question's own, and those in rungs/, which are fenced."""
        ours = Path(people.__file__).parent, questions.folder(self.ask.question)
        found = ladder(*ours, self.folder / "rungs")
        stand = [rung for rung in found if rung.stands(self.ask)]
        return [askable(rung, self.ask, self.folder) for rung in stand]

    def rung(self, name: str) -> Rung:
        """The rung of that name. Raises Problem listing those there are."""
        found = {rung.name: rung for rung in self.ladder}
        if name not in found:
            raise Problem(
                f"there is no rung called {name!r}",
                f"the rungs are: {', '.join(found)}",
                "name one of these, or put the file into rungs/",
            )
        return found[name]

    @cached_property
    def record(self) -> Record:
        """What happened in this project, and in no other. Raises Problem where the record is missing."""
        return home.opened(self.folder, self.ask.question, self.address)

    def hurried(self, seconds: float) -> Project:
        """The same project, waiting no longer than that for others to be done with its record."""
        found = replace(self)
        found.__dict__["record"] = self.record.hurried(
            seconds
        )  # as if it had been asked for already
        return found

    @property
    def address(self) -> URL:
        """Where the record is."""
        return address(self.ask.record, self.folder)

    def relative(self, path: Path) -> str:
        """A file's place as the record has it: from the project's folder, if it lies there."""
        try:
            return path.resolve().relative_to(self.folder).as_posix()
        except ValueError:
            return path.resolve().as_posix()

    def table(self, name: str) -> Path:
        """The cleaned table's file. Raises Problem where it is missing."""
        source = self.ask.tables.get(name)
        path = self.folder / source.cleaned if source else None
        if path is None or not path.is_file():
            raise Problem(
                f"the cleaned table {name!r} is not there" + (f": {path}" if path else ""),
                "every table of the question has a file named by question.toml",
                "make it again with: stepladder refresh",
            )
        return path

    def data_report(self, name: str) -> dict[str, Any]:
        """What was wrong with the table, as the cleaner found it; examples by their place only."""
        found = json.loads(self.table(name).with_suffix(".json").read_text())
        return places_only(found)

    @cached_property
    def data(self) -> dict[str, Any]:
        """Each table's fingerprint and data report."""
        return {
            spec.name: {
                "fingerprint": _hash(self.table(spec.name)),
                "report": self.data_report(spec.name),
            }
            for spec in self.question.TABLES
        }

    @property
    def types(self) -> dict[str, dict[str, str]]:
        """What the ids, and the columns beside the question's own, were found to be, by table."""
        tables = self.ask.tables.items()
        return {name: dict(table.choices.get("types", {})) for name, table in tables}

    @property
    def fingerprint(self) -> str:
        """One hash over all tables."""
        parts = "".join(table["fingerprint"] for table in self.data.values())
        return hashlib.sha256(parts.encode()).hexdigest()

    def now(self) -> date:
        """The moment asked from: as question.toml says, else the day after the last complete day."""
        last = self._data_end
        if self.ask.now and self.ask.now > last:
            raise Problem(
                f"question.toml: now = {self.ask.now}, but the data end before {last}",
                "now is a day that the data reach: beyond it everybody would seem to have left",
                "remove `now`, or bring newer data with: stepladder refresh",
            )
        return self.ask.now or last

    @cached_property
    def _data_end(self) -> date:
        """The day after the last complete day: of the table that ends first, of those that hold outcomes.

        Beyond it nobody would seem to have done anything. Without any time it is the day they were read.
        """
        if not self._decisive:
            read = self.ask.tables[self.question.TABLES[0].name].choices
            return date.fromisoformat(str(read["today"]))
        return min(self._after_last_day(spec) for spec in self._decisive)

    @property
    def _decisive(self) -> list[TableSpec]:
        timed = [spec for spec in self.question.TABLES if spec.time]
        return [spec for spec in timed if spec.outcomes] or timed

    def due(self) -> date:
        """The last day of what comes next: `now` itself, or the end of the month where rows are of months.

        Before that is over no newer data can be there.
        """
        each = [self._every(spec) for spec in self._decisive] or ["day"]
        return max(periods.following(self.now(), every) for every in each) - timedelta(days=1)

    def _every(self, spec: TableSpec) -> periods.Every:
        """The periods of a table's rows, days at the least."""
        every: periods.Every = self.ask.tables[spec.name].choices.get("every", "day")
        return every if spec.regular and every != "hour" else "day"

    def _after_last_day(self, spec: TableSpec) -> date:
        """The day after a table's last whole day; after its last period, where each row is of one."""
        name, time = spec.name, spec.time or ""
        times = pq.read_table(self.table(name), columns=[time])[time]
        last = pc.max(times.cast(pa.date32())).as_py()
        if (every := self._every(spec)) != "day":
            return periods.following(last, every)
        complete = self.data_report(name).get("last_day_complete", True)
        return last + timedelta(days=1 if complete else 0)

    def check(self, gone: bool = False) -> None:
        """Refuse settings that name what the data lack, and data that cannot carry the question.

        gone: whether values that rules name may have left the data, as they may overnight. The data are
        looked at once, however often this is asked. Raises Problem.
        """
        rules.refuse(self._lacking, gone)
        _ = self._checked

    @cached_property
    def _lacking(self) -> tuple[rules.Lacking, ...]:
        return rules.lacking(self.question, self.history())

    @cached_property
    def _checked(self) -> None:
        self.question.check(self.history())

    def history(self, scratch: Path | None = None) -> History:
        """All that is known; with a scratch folder, also what people answered."""
        tables: dict[str, tuple[str, str | None]] = {
            spec.name: (str(self.table(spec.name)), spec.time) for spec in self.question.TABLES
        }
        views = tuple(self.question.views(self.ask).items())
        history = door(self.ask)(self.now(), self.ask, tables, views=views)
        if scratch is None:
            return history
        path = scratch / f"{ANSWERS}.parquet"
        pq.write_table(self._answers(history), path)
        return replace(history, tables={**tables, ANSWERS: (str(path), "said_on")})

    def _answers(self, history: History) -> pa.Table:
        """What people said, in the order they said it: KEYS…, prediction, shown_as_of, said_on, blind, nth.

        Of a case that was answered several times in one go, as a list is, all rows are of one `nth`.
        """
        keys = [_key(self.question, history, name) for name in self.question.KEYS]
        every = [
            (a, _told(json.loads(a.key), keys)) for a in self.record.answers(self.ask.question)
        ]
        said, told = [a for a, one in every if one], [one for _, one in every if one]
        columns = {k.name: pa.array([one[k.name] for one in told]).cast(k.type) for k in keys}
        return pa.table({
            **columns,
            "prediction": pa.array([self._counts_as(answer) for answer in said], pa.float64()),
            "shown_as_of": pa.array([_day(a.as_of or a.said) for a in said], pa.date32()),
            "said_on": pa.array([_day(answer.said) for answer in said], pa.date32()),
            "blind": pa.array([bool(answer.trial) for answer in said], pa.bool_()),
            "nth": pa.array([answer.act for answer in said], pa.int64()),
        })  # fmt: skip

    def _counts_as(self, answer: Answer) -> float | None:
        """A person's answer as a number: words count as the question says."""
        return answer.prediction if answer.label is None else self.question.LABELS.get(answer.label)

    def result(self, number: int | None = None) -> Result:
        """A recorded bake-off's result, by default the latest. Raises Problem where there is none."""
        if number is None:
            latest = self.record.latest_bakeoff(self.ask.question)
        else:
            latest = self.record.bakeoff(number)
        if latest is not None and latest.status == "running":
            settle(self.record, self.ask.question, self.folder)
            latest = self.record.bakeoff(latest.id)
        if latest is None or latest.result is None:
            raise Problem(
                "no bake-off has been run here"
                if latest is None
                else f"bake-off {number} has no result: {latest.status}",
                "reports, decisions and intervals rest on a finished bake-off",
                "run one: stepladder bakeoff",
            )
        return from_json(latest.result)


def _key(question: Question, history: History, name: str) -> pa.Field:
    """A column of KEYS with its type, as it stands in the first of the question's tables that has it."""
    for spec in question.TABLES:
        schema = history.sql(f"select * from {quoted(spec.name)} limit 0").schema
        if name in schema.names:
            return schema.field(name)
    return pa.field(name, pa.string())


def _told(key: Mapping[str, Any], keys: Sequence[pa.Field]) -> dict[str, Any] | None:
    """A case with ids of the type they have now; None where no row can have it any more."""
    out = dict(key)
    for one in keys:
        value = key[one.name]
        if isinstance(value, int) and pa.types.is_string(one.type):
            out[one.name] = str(value)
        elif isinstance(value, str) and pa.types.is_integer(one.type):
            if not re.fullmatch(PLAIN, value):
                return None
            out[one.name] = int(value)
    return out


def _hash(path: Path) -> str:
    """Of a file's bytes, piece by piece: it may be larger than the memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])
