"""Run one rung at one cutoff in a child process, within a time box and a memory limit."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from stepladder.core import rooms
from stepladder.core.errors import Problem
from stepladder.core.history import Tables
from stepladder.fence import told
from stepladder.fence.child import Job
from stepladder.fence.failure import failure
from stepladder.fence.left import emptied, take
from stepladder.fence.process import Ended, Limits, run_watched
from stepladder.fence.starter import FOLDERS
from stepladder.questions import question_toml

ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "NUMBA")
# What a rung sees of the environment; anything else may be a secret: passwords, tokens, addresses.
KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|LD_LIBRARY_PATH|DYLD_\w+|VIRTUAL_ENV|PYTHON\w*|COVERAGE\w*|SYSTEMROOT"
    r"|STEPLADDER_QUESTIONS"
)
FULL = os.strerror(errno.ENOSPC)
ROOM = 1_000_000  # with fewer bytes left, a child that died without a word died of it
SIGNALS: dict[int, str] = {
    signal.SIGSEGV: "it crashed: it used memory that is not its own",
    signal.SIGABRT: "it crashed: a library gave up",
    signal.SIGKILL: "something killed it, perhaps the system for want of memory",
}


@dataclass(frozen=True)
class Measured:
    """How it went. status: "ok", or one lay line; problem: then given, allowed, remedy.

    Seconds are CPU seconds; detail is for the log: the traceback and what the rung printed.
    """

    status: str
    fit_s: float | None = None
    predict_s: float | None = None
    cases: int = 0
    memory_mb: float | None = None
    model_bytes: int | None = None
    model_hash: str = ""
    warnings: tuple[str, ...] = ()
    detail: str = ""
    predictions: Path | None = None
    problem: tuple[str, ...] = ()
    fence: str = ""  # how close the doors were, a word of sandbox.LEVELS


def measure(job: Job, *, time_box: float, memory_mb: int, stop: Event | None = None) -> Measured:
    """Fit and predict in a child process; whatever happens to it becomes a status, never an error.

    time_box: seconds on the wall for all of it. memory_mb: for the process and its own children.
    stop: set it from another thread to end the child now. The job's folder is emptied first, and
    left empty on any status but "ok".
    """
    out = Path(job.out)
    out.mkdir(parents=True, exist_ok=True)
    emptied(out)
    scratch = rooms.made()
    left = scratch / "out"  # a rung that knew where results are kept could ask how large they are
    left.mkdir()
    measured: dict[str, Any] = {"status": "stopped"}
    try:
        handed = replace(handed_over(job), out=os.path.realpath(left))
        (scratch / "job.json").write_text(json.dumps(asdict(handed)))
        ended = _run(job, scratch, Limits(time_box, memory_mb, stop))
        amiss = "" if ended.limit or ended.code else take(left, out)
        measured = stopped(ended.limit, time_box, memory_mb) or _outcome(
            job, out, ended, amiss, memory_mb
        )
        printed = _tail(scratch / "printed.txt")
        if ended.code and not ended.limit and shutil.disk_usage(scratch).free < ROOM:
            raise _disk_full()
    finally:
        rooms.gone(scratch)
        if measured["status"] != "ok":
            emptied(out)
    measured["memory_mb"] = max(measured.get("memory_mb") or 0.0, ended.peak_mb) or None
    measured["detail"] = "\n".join(filter(None, (measured.get("detail"), printed)))
    if measured["status"] != "ok" and FULL in measured["status"] + measured["detail"]:
        raise _disk_full()
    found = out / "predictions.parquet"
    return Measured(**measured, predictions=found if found.exists() else None)


def _disk_full() -> Problem:
    """A full disk is nobody's rung's fault, so it ends the run instead of a rung."""
    return Problem(
        f"the disk is full: {tempfile.gettempdir()} has no room left",
        "every rung writes its model and its predictions there while it runs",
        "free some room, or set TMPDIR to a folder that has it, and run again",
    )


def _run(job: Job, scratch: Path, limits: Limits) -> Ended:
    environment, printed = environment_of(job, scratch), scratch / "printed.txt"
    passed = (job.door,) if job.door else ()
    return run_watched(scratch / "job.json", job.project, environment, printed, limits, passed)


def _outcome(job: Job, out: Path, ended: Ended, amiss: str, memory_mb: int) -> dict[str, Any]:
    """How it went as its process says, as far as that can be believed."""
    path = out / "outcome.json"
    if ended.code == 0 and path.exists():
        try:
            found = told.outcome(path)
            if found["status"] == "ok":
                found |= told.model_of(job, out)
                told.answers(job, out / "predictions.parquet", memory_mb)
            return found
        except Exception as error:  # whatever comes of reading what nobody made as it should be
            return asdict(failure(error, Path(job.rung)))
    said = amiss or SIGNALS.get(-ended.code, f"it ended by itself with exit code {ended.code}")
    return {
        "status": f"failed: {said}",
        "problem": (said, "a rung returns a table and leaves the process alone", "-v shows more"),
    }


def stopped(limit: str, time_box: float, memory_mb: int) -> dict[str, Any] | None:
    """The outcome of a rung that a limit ended: time, memory, or somebody's hand; None if none did."""
    if not limit:
        return None
    what, allowed, remedy = {
        "time": (
            f"out of its time box of {time_box:,.0f} s",
            f"starting, fit and predict together may take {time_box:,.0f} s",
            "make it faster, or give it more: time_box in question.toml",
        ),
        "memory": (
            f"used more than {memory_mb:,} MB",
            f"a rung may use {memory_mb:,} MB",
            "let it hold less at once, or give it more: memory_mb in question.toml",
        ),
        "hand": ("by hand", "a run goes on until somebody stops it", "run it again"),
    }[limit]
    return {
        "status": f"stopped: {what}",
        "problem": (f"the rung was stopped: {what}", allowed, remedy),
    }


def environment_of(job: Job, scratch: Path) -> dict[str, str]:
    """What a rung's process sees of the environment, and where it may write."""
    kept = {k: v for k, v in os.environ.items() if KEPT.fullmatch(k)}
    threads = {f"{name}_NUM_THREADS": "1" for name in ONE_THREAD}
    folders = dict.fromkeys(FOLDERS, str(scratch))
    compiled = {"NUMBA_CACHE_DIR": str(_compiled(job) or scratch)}
    alone = {
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process with threads is not copied
        "JOBLIB_MULTIPROCESSING": "0",  # it would try, and warn that it could not
    }
    return {**kept, **threads, **folders, **compiled, **alone, "PYTHONHASHSEED": "0"}


def _compiled(job: Job) -> Path | None:
    """Where our own kernels stay compiled between runs; a user's rung may leave nothing there."""
    if Path(__file__).resolve().parents[1] not in Path(job.rung).resolve().parents:
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with contextlib.suppress(OSError):
        (home / "stepladder" / "compiled").mkdir(parents=True, exist_ok=True)
        return home / "stepladder" / "compiled"
    return None


def handed_over(job: Job) -> Job:
    """The job as the child gets it: paths absolute; the ask without what came later, or where it is."""
    tables = _resolved(job.tables)
    rung, out, project = map(os.path.realpath, (job.rung, job.out, job.project))
    ask = question_toml.asked(json.loads(job.ask))
    places = [name for table in ask.tables.values() for name in (table.source, table.cleaned)]
    closed = tuple(name for name in places if name)
    model = os.path.realpath(job.model) if job.model else ""
    return replace(
        job, rung=rung, tables=tables, ask=ask.for_answers.model_dump_json(), out=out,
        project=project, closed=closed, model=model,
    )  # fmt: skip


def _resolved(tables: Tables) -> Tables:
    return {name: (path and os.path.realpath(path), time) for name, (path, time) in tables.items()}


def _tail(path: Path) -> str:
    """The end of what it printed; nothing where it took the file away."""
    with contextlib.suppress(OSError), path.open("rb") as printed:
        printed.seek(max(0, path.stat().st_size - 10_000))
        return printed.read(10_000).decode(errors="replace").strip()
    return ""
