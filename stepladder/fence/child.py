"""One rung, one cutoff, one process, which `starter` made.

Reads what to do from the file, enters the sandbox, fits, saves and loads the model, predicts, and
leaves predictions.parquet, model/ and outcome.json in the job's folder.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder import questions
from stepladder.core import asking
from stepladder.core import model as models
from stepladder.core.door import Door
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.fence import asks, sandbox
from stepladder.fence.failure import failure
from stepladder.fence.far import FarHistory, Line
from stepladder.questions import question_toml


@dataclass(frozen=True)
class Job:
    """What a child does. tables: name -> (Parquet file without the future, time column or None).

    rung: the file. cases: the file of those asked about; newcomers: the file of those asked about once
    their own first rows (table -> file) are laid over. now: ISO day. ask: Ask as JSON. out: the folder
    for predictions.parquet, model/ and outcome.json. project: the user's folder, which is closed to
    the rung. closed: files that are closed as well; `measure` fills it in from the ask, and takes out of
    that what tells of the future. model: the folder of one fitted before, where nothing is to be learnt.
    learn_from: by table, the condition in SQL on the rows to learn from, where that is less than all.
    door: the open socket on which what is known is asked of whoever started this, where it lies elsewhere.
    line: the open socket on which one thing after another is asked, where the process stays; filled: the
    tables whose rows all come with what is asked.
    """

    question: str
    rung: str
    tables: Mapping[str, tuple[str, str | None]]
    cases: str
    now: str
    ask: str
    out: str
    newcomers: tuple[str, Mapping[str, str]] | None = None
    project: str = "."
    closed: tuple[str, ...] = ()
    model: str = ""
    learn_from: Mapping[str, str] | None = None
    line: int = 0
    door: int = 0
    filled: tuple[str, ...] = ()


def main(job_file: Path) -> None:
    """Do the job and write its outcome, whatever happens inside the rung."""
    job = Job(**json.loads(job_file.read_text()))
    question = importlib.import_module(f"stepladder.questions.{job.question}")
    if job.line:
        stay(job, question, str(job_file.parent))
    else:
        measured(job, question, str(job_file.parent))


def stay(job: Job, question: ModuleType, scratch: str) -> None:
    """Answer whatever is asked on the line, by what was learnt before."""
    sandbox.enter(_places(job, scratch))
    opened = partial(_laid_over, lru_cache(1)(partial(_standing, job, question)))
    asks.answer_all(job.line, _rung(job), models.load(Path(job.model)), opened)


def measured(job: Job, question: ModuleType, scratch: str) -> None:
    """Learn and answer once, and leave what it took."""
    out, asked = Path(job.out), asked_of(job, question)
    level = sandbox.enter(_places(job, scratch))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = answer(job, _rung(job), question, asked, out, partial(_cpu_s, job.door))
        except BaseException as error:  # also SystemExit: a rung that ends the program is a row
            outcome = asdict(failure(error, Path(job.rung)))
    said = [str(w.message) for w in caught if w.category is UserWarning]
    said += outcome.get("warnings", [])
    outcome |= {"warnings": list(dict.fromkeys(said)), "memory_mb": peak_memory_mb()}
    outcome["fence"] = level
    _write(out / "outcome.json", json.dumps(outcome).encode())


class Parts:
    """Cases, a row group at a time, from a file that is opened before the fence closes."""

    def __init__(self, path: str) -> None:
        self._file = pq.ParquetFile(pa.OSFile(path))
        self.count = int(self._file.metadata.num_rows)

    def __iter__(self) -> Iterator[pa.Table]:
        for nth in range(self._file.num_row_groups):
            yield self._file.read_row_group(nth, use_threads=False)


class Asked(NamedTuple):
    """What a rung knows and whom it is asked about: part after part, and with newcomers' rows laid over."""

    history: History
    cases: Parts
    newcomers: tuple[History, pa.Table] | None
    learn_from: History | None = None


def asked_of(job: Job, question: ModuleType) -> Asked:
    """The job's files, read."""
    history, newcomers = _history(job, question, job.ask), None
    learn_from = replace(history, only=tuple(job.learn_from.items())) if job.learn_from else None
    if job.newcomers:
        path, rows = job.newcomers
        laid = {name: _read(file) for name, file in rows.items()}
        newcomers = (history.plus(**laid), _read(path))
    return Asked(history, Parts(job.cases), newcomers, learn_from)


def _read(path: str) -> pa.Table:
    """Without threads: one that is there before the doors close would stay outside.

    Arrow reads a file by name in a thread of its own, but not bytes.
    """
    whole = pa.BufferReader(Path(path).read_bytes())
    return pq.ParquetFile(whole).read(use_threads=False)


def _history(job: Job, question: ModuleType, asked: str) -> History:
    """What is known, by the job's files; `asked`: the ask, as JSON."""
    tables = {name: (path, time) for name, (path, time) in job.tables.items()}
    ask = question_toml.asked(json.loads(asked))
    if job.door:
        return FarHistory(date.fromisoformat(job.now), ask, tables, line=_line(job.door))
    views = tuple(question.views(ask).items())
    return History(date.fromisoformat(job.now), ask, tables, views=views, boxed=True)


def _standing(job: Job, question: ModuleType, asked: str) -> History:
    """The same, made ready once where all rows come with what is asked."""
    history = _history(job, question, asked)
    empty = {name: pq.read_schema(job.tables[name][0]).empty_table() for name in job.filled}
    return Door.of(history, empty) if empty else history


def _laid_over(standing: Callable[[str], History], asked: str, rows: asks.Rows) -> History:
    found = standing(asked)
    return found.over(dict(rows)) if isinstance(found, Door) else replace(found, laid_over=rows)


def _rung(job: Job) -> Rung:
    """The job's rung, once the fence is closed behind this process."""
    return Rung(Path(job.rung), free="it is behind the fence")


def answer(
    job: Job,
    rung: Rung,
    question: ModuleType,
    asked: Asked,
    out: Path,
    cpu_s: Callable[[], float],
) -> dict[str, Any]:
    """Fit, keep the model, load it again, predict, check; what it took by a clock of CPU seconds.

    Where the job brings a fitted model nothing is learnt.
    """
    home = Path(job.model) if job.model else out / "model"

    def kept(model: Model) -> Model:
        _save(model, out)
        return models.load(home)

    history, cases, newcomers, learn_from = asked
    learnt = models.load(home) if job.model else None
    asking_it = asking.Job(question, rung, history, cases, learnt, newcomers, kept, learn_from)
    with _answers(out) as take:
        said = asking.asked_in_parts(asking_it, take, cpu_s)
    size, model_hash = models.size(home), models.digest(home)
    counts = {"cases": cases.count, "model_bytes": size, "model_hash": model_hash}
    told = str(said.model.get("warnings", "")).splitlines()  # what a rung wants people to know
    spent = {"fit_s": said.fit_s, "predict_s": said.predict_s}
    return {"status": "ok", **spent, "warnings": told, **counts}


@contextmanager
def _answers(out: Path) -> Iterator[Callable[[pa.Table], None]]:
    """Where each part's answers are put, a row group for each; a file once all are there."""
    part, writer = out / "predictions.part", None

    def take(said: pa.Table) -> None:
        nonlocal writer
        writer = writer or pq.ParquetWriter(part, said.schema)
        writer.write_table(said, max(said.num_rows, 1))

    try:
        yield take
    finally:
        if writer is not None:
            writer.close()
    part.rename(out / "predictions.parquet")


def _save(model: Model, out: Path) -> None:
    """Leave the model in the job's folder, whole or not at all."""
    part = out / "model.part"
    models.save(model, part)
    part.rename(out / "model")


def _places(job: Job, scratch: str) -> sandbox.Places:
    writable = [job.out, scratch, os.environ.get("NUMBA_CACHE_DIR", scratch)]
    # the cases are read already; DuckDB opens the tables when they are asked
    tables = [path for path, _ in job.tables.values() if not job.door]
    files = [job.rung, str(questions.folder(job.question)), *tables, *[job.model] * bool(job.model)]
    return sandbox.places(files, writable, job.project, list(job.closed))


def _cpu_s(door: int) -> float:
    """CPU seconds of this process, of its finished children, and of what is asked elsewhere."""
    times = os.times()
    elsewhere = _line(door).spent_s if door else 0.0
    return time.process_time() + times.children_user + times.children_system + elsewhere


@cache
def _line(door: int) -> Line:
    """The one line, whatever history asks on it."""
    return Line(door)


def peak_memory_mb() -> float:
    """The most memory this process ever held."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # Not ru_maxrss: a forked child inherits its parent's.
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes.split()[1]) * 1024 / 1e6


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
