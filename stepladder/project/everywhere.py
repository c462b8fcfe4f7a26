"""Everybody answered where the data lie: each task of a Spark cluster answers a bucket of the cases.

Spark lays the tables out in buckets of cases (`spark/buckets.py`). A task opens an ordinary History on
DuckDB over its bucket's files, asks the rung by what it learnt, makes the answers fit for use, and leaves
them as one file. The driver hears how many they are, and nothing else.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder import __version__, questions
from stepladder.core import model as models
from stepladder.core import rooms
from stepladder.core.asking import Job, Taught, answered, asked
from stepladder.core.cases import count, parts
from stepladder.core.errors import CannotStand, Problem
from stepladder.core.history import History
from stepladder.core.predictions import same
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.fence.fenced import Fenced
from stepladder.questions import question_toml

if TYPE_CHECKING:
    from stepladder.spark import SparkHistory
    from stepladder.spark.buckets import Buckets

A_BUCKET, LEAST = 200_000, 1_000  # cases in a bucket: so many; and where there are few, no fewer
TRIED = 20  # cases that are asked about twice
ANSWERED = "stepladder_answered"
WHAT = re.compile(r"\s*[\w.]+(Error|Exception)\b")  # a traceback's line that says what it was


class Saved(NamedTuple):
    """A rung that has learnt, and the folder of what it learnt."""

    rung: Rung
    model: Path

    def answer(self, question: Question, history: History, cases: pa.Table) -> pa.Table:
        """What it says of these cases, checked."""
        return asked(Job(question, self.rung, history, cases, models.load(self.model))).table

    def sent(self, place: Path) -> Saved:
        """The same where every machine sees it; somebody's own is asked there behind the fence."""
        place.mkdir()
        file = shutil.copyfile(self.rung.path, place / self.rung.path.name)
        rung = Rung(file, ours=True) if self.rung.ours else Fenced(file, project=place)
        return Saved(rung, shutil.copytree(self.model, place / "model"))


@dataclass(frozen=True)
class Asking:
    """What everybody is asked: by which rung, by which reference where it has no opinion; what is added.

    taught: what earlier answers teach. release: the release's hash, if it is one and that is to stand
    beside each answer.
    """

    rung: Saved
    reference: Saved
    taught: Taught
    release: str = ""

    def answers(self, question: Question, history: History, cases: pa.Table) -> pa.Table:
        """The answers about these cases, fit for use: KEYS…, prediction, low, high, extras, why.

        Of a release also as_of and release.
        """
        raw = self.rung.answer(question, history, cases)

        def reference() -> pa.Table:
            if self.reference.rung.name == self.rung.rung.name:
                return raw
            return self.reference.answer(question, history, cases)

        table = answered(question, raw, reference, history, cases, self.taught).predictions
        if not self.release:
            return table
        n = table.num_rows
        table = table.append_column("as_of", pa.array([history.now] * n, pa.date32()))
        return table.append_column("release", pa.array([self.release] * n).dictionary_encode())


@dataclass(frozen=True)
class Task:
    """What a task of the cluster does with a bucket's number; plain data."""

    question: str
    ask: str
    now: date
    buckets: Buckets
    asking: Asking
    folder: Path
    version: str = __version__

    def __call__(self, bucket: int) -> str:
        """Answer a bucket; as JSON how many rows it has, and what went wrong that a person can mend."""
        rows, wrong = self._tried(bucket)
        return json.dumps({"rows": rows, "wrong": wrong})

    def _tried(self, bucket: int) -> tuple[int, list[str]]:
        try:
            return self._answered(bucket), []
        except Problem as problem:
            return 0, [*problem.parts()]
        except CannotStand as why:
            return 0, [str(why), "a rung answers from what was known", "choose another"]
        finally:
            rooms.emptied()  # a worker of Spark's is killed in the end

    def _answered(self, bucket: int) -> int:
        if self.version != __version__:
            raise _not_there(f"one of them has {__version__}", self.version)
        cases = self.cases(bucket)
        if cases is None:
            return 0
        table = self.asking.answers(questions.load(self.question), self.history(bucket), cases)
        _keep(table, _part(self.folder, bucket), self.buckets.folder)
        return table.num_rows

    def cases(self, bucket: int) -> pa.Table | None:
        """Who is asked about in a bucket, in order; None where nobody is."""
        path = self.buckets.cases(bucket)
        return None if path is None else pq.ParquetFile(path).read()

    def history(self, bucket: int) -> History:
        """What a bucket's cases are answered from."""
        ask = question_toml.asked(json.loads(self.ask))
        views = tuple(questions.load(self.question).views(ask).items())
        return History(self.now, ask, self.buckets.tables(bucket), views=views)


def answered_everywhere(
    question: Question,
    history: SparkHistory,
    asking: Asking,
    room: Path,
    folder: Path,
    *,
    number: int = 0,
) -> int:
    """Have everybody answered by the cluster into a folder of Parquet files; how many rows they are.

    room: a folder for the time it lasts. It and the folder are seen by every machine under the same path.
    number: of buckets; by default enough for every core, none of more than 200,000 cases. Before, a few
    cases are asked about twice, by their bucket and by all that is known: where the answers differ the
    rung needs others' rows to answer, and everybody is asked in parts instead, as where answers add up to
    others. Raises Problem where a rung fails, or stepladder is not installed on the cluster.
    """
    if question.adds_up(history.ask):
        return in_parts(question, history, asking, room, folder)
    from stepladder.spark.buckets import laid_out

    number = number or _number(count(question, history), history)
    task = task_of(history, asking, laid_out(question, history, room, number), room, folder)
    if not right_alone(question, history, asking, task):
        return in_parts(question, history, asking, room, folder)
    return _run(history, task, number)


def right_alone(question: Question, history: SparkHistory, asking: Asking, task: Task) -> bool:
    """Whether a few cases are answered by their bucket as they are by all that is known."""
    numbers = range(task.buckets.number)
    bucket = next((nth for nth in numbers if task.buckets.cases(nth)), 0)
    there = task.cases(bucket)
    if there is None or len(numbers) == 1:
        return True
    few = there.take(pa.array(range(0, len(there), max(len(there) // TRIED, 1))[:TRIED]))
    mine = task.asking.answers(question, task.history(bucket), few)
    return same(mine, asking.answers(question, history, few))


def in_parts(
    question: Question,
    history: SparkHistory,
    asking: Asking,
    room: Path,
    folder: Path,
) -> int:
    """The same by asking on this machine about part after part, from all that is known on Spark."""
    rows = 0
    for nth, cases in enumerate(parts(question, history)):
        table = asking.answers(question, history, cases)
        _keep(table, _part(folder, nth), room)
        rows += table.num_rows
    return rows


def task_of(
    history: SparkHistory, asking: Asking, buckets: Buckets, room: Path, folder: Path
) -> Task:
    """The task, with copies of what a machine with another installation would not find."""
    here = {"engine": "duckdb", "time_box": history.ask.time_box}
    ask = history.ask.for_answers.model_copy(update=here)
    rung, reference = (
        saved.sent(room / name)
        for name, saved in (("rung", asking.rung), ("reference", asking.reference))
    )
    sent = replace(asking, rung=rung, reference=reference)
    return Task(ask.question, ask.model_dump_json(), history.now, buckets, sent, folder)


def _number(cases: int, history: SparkHistory) -> int:
    """How many buckets: enough to keep every core busy, none so large that it fills a task's memory."""
    parts = history.spark.range(10_000).selectExpr("spark_partition_id() as p").distinct().count()
    return max(-(-cases // A_BUCKET), min(int(parts), -(-cases // LEAST)), 1)


def _run(history: SparkHistory, task: Task, number: int) -> int:
    """Have all buckets answered; how many rows they are. Raises Problem."""

    def work(bucket: int) -> str:
        return task(bucket)

    history.spark.udf.register(ANSWERED, work)  # not mapInArrow, which asks for pandas
    numbers = history.spark.range(0, number, 1, number)
    try:
        said = numbers.selectExpr(f"{ANSWERED}(id) as said").toArrow()["said"].to_pylist()
    except Exception as error:  # Spark's own, by many names
        raise _failed(str(error)) from error
    found = [json.loads(one) for one in said]
    for wrong in filter(None, (one["wrong"] for one in found)):
        raise Problem(*wrong)
    return sum(one["rows"] for one in found)


def _part(folder: Path, nth: int) -> Path:
    return folder / f"part-{nth:05d}.parquet"


def _keep(table: pa.Table, path: Path, room: Path) -> None:
    """Leave a part of the answers in the folder, whole or not at all; it is written in the room before."""
    partial = room / f"{uuid.uuid4().hex}.partial"
    pq.write_table(table, partial)
    partial.replace(path)


def _failed(said: str) -> Problem:
    if "No module named 'stepladder" in said:
        return _not_there("there is none on one of them")
    lines = [line for line in said.splitlines() if WHAT.match(line)]
    return Problem(
        f"the answers could not be made on Spark: {(lines or said.splitlines())[-1][:300]}",
        "every machine of the cluster sees the project's folder under the same path, may write into it, "
        "and has what the rung needs installed",
        "mend that and run again; Spark's own log says more",
    )


def _not_there(what: str, version: str = __version__) -> Problem:
    return Problem(
        f"the cluster's machines need stepladder {version}, and {what}",
        "rungs answer on the machines where the data lie, by the same code as here",
        "install the same stepladder, with the libraries of its rungs, into the Python of every machine "
        "(PYSPARK_PYTHON)",
    )
