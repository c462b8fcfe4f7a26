"""Recommend on 25 million interactions of MovieLens-25M's shape: CPU seconds and memory of every step.

    python benchmarks/recommend_at_scale.py /tmp/scale [--entries 25000000] [--only bakeoff]

Persons arrive over eight years and take most of their items within weeks; the bake-off stands at four
cutoffs 28 days apart. `bakeoff`: `stepladder new` and `stepladder bakeoff` as they are typed, the program
itself and all its processes. `lists`: each rung in a process of its own learns from everybody and makes
lists for 20,000 persons, as they are shown; beside `implicit`'s ALS, if it is installed, of as many figures
and rounds. Memory is PSS, looked at five times a second: what processes share is counted once.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from als_world import ITEMS, PERSONS, stored

SPAN, WEEKS = 8 * 365, 30.0  # days of the whole; the median days that a person stays
BEGAN = np.datetime64("2012-01-01", "us")
STEPLADDER = str(Path(sys.executable).parent / "stepladder")
BOX = "time_box = 7200"  # by the clock: the machine may be a busy one
LISTED = 20_000  # persons for whom lists are made, of all


def interactions(folder: Path, entries: int) -> Path:
    """Everybody's likes with a time, in the order of persons, as a Parquet file."""
    path = folder / f"likes-{entries}.parquet"
    if path.exists():
        return path
    scale = entries / 25_000_000
    likes = stored(folder, int(PERSONS * scale), int(ITEMS * min(1, scale * 4)), entries)
    rng = np.random.default_rng(1)
    lengths = np.diff(likes.indptr)
    persons = len(lengths)
    arrival = rng.uniform(0, SPAN, persons)
    stay = np.minimum(WEEKS * rng.lognormal(0.0, 1.8, persons), SPAN - arrival)
    with pq.ParquetWriter(path, _rows([], [], []).schema) as writer:
        for a in range(0, persons, 20_000):
            some = slice(likes.indptr[a], likes.indptr[min(a + 20_000, persons)])
            who = np.repeat(np.arange(a, min(a + 20_000, persons)), lengths[a : a + 20_000])
            day = arrival[who] + stay[who] * rng.random(len(who))
            writer.write_table(_rows(who + 1, likes.indices[some].astype(np.int64) + 1, day))
    return path


def _rows(who: Any, what: Any, day: Any) -> pa.Table:
    when = BEGAN + (np.asarray(day) * 86_400).astype("timedelta64[s]")
    return pa.table({
        "user_id": pa.array(who, pa.int64()), "movie_id": pa.array(what, pa.int64()),
        "timestamp": pa.array(when, pa.timestamp("us")),
    })  # fmt: skip


class Watched:
    """A command, its CPU seconds and the most memory, its own and that of all its processes together."""

    def __init__(self, command: list[str]) -> None:
        self.own_cpu = self.own_bytes = self.all_bytes = 0.0
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        watch = threading.Thread(target=self._watch, daemon=True)
        watch.start()
        begun = time.monotonic()
        self.said = self.process.stdout.read() if self.process.stdout else ""
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds, self.cpu = time.monotonic() - begun, used.ru_utime + used.ru_stime
        if self.process.returncode:
            raise SystemExit(f"{command} ended with {self.process.returncode}")

    def _watch(self) -> None:
        me = psutil.Process(self.process.pid)
        while True:
            try:
                own = me.memory_full_info().pss
                times = me.cpu_times()
                children = me.children(recursive=True)
            except psutil.Error:
                return
            self.own_cpu, self.own_bytes = times.user + times.system, max(self.own_bytes, own)
            self.all_bytes = max(self.all_bytes, own + sum(map(_pss, children)))
            time.sleep(0.2)

    def line(self, name: str) -> None:
        """A line of the table."""
        print(
            f"{name:24} {self.cpu:8.0f} CPU s, of which the program itself {self.own_cpu:6.0f}; "
            f"{self.all_bytes / 1e9:5.2f} GB in all, itself {self.own_bytes / 1e9:5.2f}; "
            f"{self.seconds:6.0f} s by the clock at a load of {os.getloadavg()[1]:.1f}",
            flush=True,
        )


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.Error:
        return 0.0


def made(home: Path, source: Path) -> None:
    """`new`, as somebody types it, if the project is not there."""
    settings = home / "question.toml"
    if not settings.exists():
        new = [STEPLADDER, "new", "recommend", "--from", str(source), "--project", str(home)]
        Watched(new).line("new")
        settings.write_text(f"{BOX}\n{settings.read_text()}")


def bakeoff(home: Path) -> None:
    """`bakeoff`, as somebody types it."""
    found = Watched([STEPLADDER, "bakeoff", "--project", str(home), "--json"])
    found.line("bakeoff")
    (home / "said.json").write_text(found.said)
    for rung in json.loads(found.said)["rungs"]:
        cost, loss = rung.get("cost"), rung.get("choose")
        if not cost:
            print(f"  {rung['rung']:22} {rung['status']}")
            continue
        print(f"  {rung['rung']:22} loss {loss['loss']:.4f}; at the last cutoff fit {cost['fit_s']:5.0f} "
              f"CPU s, lists {cost['predict_s_per_1000']:6.2f} CPU s per 1,000 persons; "
              f"{cost['memory_mb'] / 1000:.2f} GB")  # fmt: skip


def lists(home: Path, name: str, out: Any) -> None:
    """Learning, and lists for some: CPU seconds of each, and the most memory of each."""
    from stepladder.core.asking import Taught, answered
    from stepladder.core.predictions import check

    project, history = known(home)
    rung, question = project.rung(name), project.question
    model, fit_s, fit_gb = clocked(lambda: rung.fit(history))
    drawn = (
        "select person from (select distinct person from interactions) order by md5(person::text)"
    )
    cases = history.sql(f"{drawn} limit {LISTED}").sort_by("person")
    said, list_s, list_gb = clocked(lambda: rung.predict(model, history, cases))
    raw, usual = check(said, question, cases), project.rung(question.REFERENCE)
    shown, full_s, full_gb = clocked(
        lambda: answered(
            question, raw, lambda: usual.predict(usual.fit(history), history, cases), history, cases,
            Taught(),
        )
    )  # fmt: skip
    each = 1000 / cases.num_rows
    print(f"{name:24} {fit_s:8.0f} CPU s to learn, {fit_gb:5.2f} GB; lists of 1,000 persons "
          f"{list_s * each:6.2f} CPU s, {list_gb:5.2f} GB; made fit to be shown {full_s * each:6.2f}, "
          f"{full_gb:5.2f} GB", flush=True)  # fmt: skip
    out.put((fit_s, list_s * each, shown.predictions.num_rows))


def known(home: Path) -> tuple[Any, Any]:
    """The project, and what is known after its last day, with derived views worked out once."""
    from stepladder.core.history import History
    from stepladder.project.folder import Project

    project = Project.open(home)
    times = {spec.name: spec.time for spec in project.question.TABLES}
    tables = {
        name: (str(home / table.cleaned), times[name]) for name, table in project.ask.tables.items()
    }
    now = date.fromisoformat(str(BEGAN + np.timedelta64(SPAN, "D"))[:10])
    views = tuple(project.question.views(project.ask).items())
    history = History(now, project.ask, tables, views=views)
    for name in project.question.DERIVED:
        path = home / f"known_{name}.parquet"
        if not path.exists():
            pq.write_table(history.sql(f"select * from {name}"), path)
        tables[name] = (str(path), None)
    return project, History(now, project.ask, tables, views=views)


def peer(home: Path, _: str, out: Any) -> None:
    """`implicit`: learning with as many figures and rounds, and the best of all items for as many."""
    import scipy.sparse as sp
    from implicit.cpu.als import AlternatingLeastSquares

    from stepladder.questions.recommend import matrix

    whole = matrix.known(known(home)[1], 5)
    likes = sp.csr_matrix(matrix.scipy_of(whole.by_person, len(whole.items)), dtype=np.float32)
    model = AlternatingLeastSquares(
        64, 10.0, alpha=1.0, iterations=10, num_threads=1, random_state=1
    )
    _, fit_s, fit_gb = clocked(lambda: model.fit(likes, show_progress=False))
    some = np.arange(min(LISTED, likes.shape[0]))
    _, list_s, list_gb = clocked(lambda: model.recommend(some, likes[some], N=10))
    each = 1000 / len(some)
    print(f"{'implicit ALS':24} {fit_s:8.0f} CPU s to learn, {fit_gb:5.2f} GB; lists of 1,000 persons "
          f"{list_s * each:6.2f} CPU s, {list_gb:5.2f} GB", flush=True)  # fmt: skip
    out.put((fit_s, list_s * each, 0))


def clocked(work: Any) -> tuple[Any, float, float]:
    """What it gives, its CPU seconds, and the most memory (GB) that the process held meanwhile."""
    Path("/proc/self/clear_refs").write_text("5")
    begun = time.process_time()
    found = work()
    took = time.process_time() - begun
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))
    return found, took, int(peak.split()[1]) / 1e6


def alone(function: Any, home: Path, name: str) -> tuple[float, float, int]:
    """What the function finds in a process of its own."""
    fresh = multiprocessing.get_context("spawn")
    out = fresh.Queue()
    process = fresh.Process(target=function, args=(home, name, out))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{name} ended with {process.exitcode}")
    found: tuple[float, float, int] = out.get()
    return found


def everybody(home: Path) -> None:
    """Every rung's lists, and ours beside the peer's."""
    from stepladder.project.folder import Project

    known(home)
    names = [rung.name for rung in Project.open(home).ladder if rung.height]
    found = {name: alone(lists, home, name) for name in names}
    if importlib.util.find_spec("implicit"):
        theirs, mine = alone(peer, home, "implicit"), found["r4_als"]
        print(f"r4_als, reading included, beside implicit, of the same matrix in memory: learning "
              f"{mine[0] / theirs[0]:.2f} of its CPU seconds, lists {mine[1] / theirs[1]:.2f}")  # fmt: skip


def main() -> None:
    """Make the world if it is not there, run the steps, print a line for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--entries", type=int, default=25_000_000)
    options.add_argument("--only", choices=("bakeoff", "lists"))
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    home = given.folder / f"project-{given.entries}"
    made(home, interactions(given.folder, given.entries))
    if given.only != "lists":
        bakeoff(home)
    if given.only != "bakeoff":
        everybody(home)


if __name__ == "__main__":
    main()
