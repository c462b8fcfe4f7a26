"""Does the bake-off choose rightly? Simulated worlds, proposals, and the truth about them.

In each world the built-in rungs of retention run through the real bake-off (only that each rung runs
in this process instead of one of its own), with a horizon of a sixth of the span. The truth is each
fitted rung's mean loss on fresh customers of the same world, with the same season, at the cutoffs
that choose. Right: the lowest rung truly inside the margin. Too low: the proposal is truly beyond it
(at most 5 % of the worlds). Needlessly high: a lower rung is truly inside by more than 3 of the
bake-off's own standard errors (at most 10 %). Worlds in between are shown and not counted.

Results are appended to a file, one line per world; run again to go on, --report to print only.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from choosing_table import choices, mistakes, table
from choosing_truth import Fresh, Model, Truth, fresh, truth
from choosing_worlds import PRIOR, Drawn, draw, purchases

from stepladder.bakeoff.measure import Job, Measured
from stepladder.bakeoff.run import Outcome, run
from stepladder.bakeoff.runs import Setting
from stepladder.core.ask import Ask
from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import Rung, ladder
from stepladder.questions import folder, retention

SIZES = (1_000, 5_000, 20_000, 300)
Models = dict[tuple[str, str], Model]  # (rung, cutoff) → as fitted


@dataclass(frozen=True)
class Study:
    """How the study is run: fresh customers per world, data sets over which truth is averaged, seed."""

    fresh: int = 1_000_000
    datasets: int = 2
    seed: int = 1
    sizes: tuple[int, ...] = SIZES


def ask_of(drawn: Drawn) -> Ask:
    """The business's question: a sixth of the span ahead, the default margin."""
    return Ask(question="retention", horizon=retention.horizon(drawn.world.weeks * 7))


def cutoffs_of(drawn: Drawn, ask: Ask) -> list[date]:
    """The two cutoffs that choose; the third, one horizon before the end, reports."""
    return [drawn.world.end - timedelta(days=i * ask.horizon) for i in (3, 2)]


def in_process(models: Models) -> Callable[..., Measured]:
    """A stand-in for the child process that keeps the fitted models."""

    def measure(job: Job, **_: object) -> Measured:
        history = History(date.fromisoformat(job.now), Ask.model_validate_json(job.ask), job.tables)
        rung = Rung(Path(job.rung))
        cases = retention.cases(history)
        start = time.process_time()
        try:
            model = rung.fit(history)
        except CannotStand as why:
            return Measured(str(why))
        fitted = time.process_time()
        said = check(rung.predict(model, history, cases), retention, cases)
        models[rung.name, job.now] = model
        out = Path(job.out) / "predictions.parquet"
        out.parent.mkdir(parents=True)
        pq.write_table(said, out)
        spent = (fitted - start, time.process_time() - fitted)
        return Measured("ok", *spent, cases.num_rows, 1.0, 1, predictions=out)

    return measure


def skipping_calibration(measure: Callable[..., Measured], first: date) -> Callable[..., Measured]:
    """Leaves out the cutoff that only teaches low and high: it takes no part in the choice."""

    def measured(job: Job, **given: object) -> Measured:
        if date.fromisoformat(job.now) < first and Path(job.rung).stem != retention.REFERENCE:
            return Measured("left out")
        return measure(job, **given)

    return measured


def bakeoff(drawn: Drawn, customers: int, seed: list[int], here: Path) -> tuple[Outcome, Models]:
    """A bake-off of the built-in ladder on so many customers of the world."""
    here.mkdir()
    path = here / "purchases.parquet"
    pq.write_table(pa.concat_tables(purchases(drawn, customers, seed)), path)
    ask, models = ask_of(drawn), Models()
    measure = skipping_calibration(in_process(models), cutoffs_of(drawn, ask)[0])
    (here / "runs").mkdir()
    setting = Setting(
        "retention", retention, History(drawn.world.end, ask, {"purchases": (str(path), "day")}),
        ladder(folder("retention")), here / "runs", here, workers=1, measure=measure,
    )  # fmt: skip
    return run(setting, {}, ""), models


def refit(drawn: Drawn, rungs: list[Rung], customers: int, seed: list[int], here: Path) -> Models:
    """The rungs fitted on another data set of the same world, at the cutoffs that choose."""
    here.mkdir()
    path = here / "purchases.parquet"
    pq.write_table(pa.concat_tables(purchases(drawn, customers, seed)), path)
    ask = ask_of(drawn)
    history = History(drawn.world.end, ask, {"purchases": (str(path), "day")})
    return {
        (rung.name, str(cutoff)): rung.fit(history.at(cutoff))
        for cutoff in cutoffs_of(drawn, ask)
        for rung in rungs
    }


def standard_errors(outcome: Outcome, best: str, reference: str, margin: float) -> dict[str, float]:
    """Of each rung's loss − best − margin × (reference − best), by customer over the cutoffs that choose."""
    which = [i for i, replay in enumerate(outcome.replays) if replay.holdout.role == "choose"]
    everyone = np.concatenate([outcome.replays[i].cases["customer"].to_numpy() for i in which])
    _, who = np.unique(everyone, return_inverse=True)

    def losses(name: str) -> Any:
        kept = [outcome.scored[name][i] for i in which]
        return np.concatenate([one.loss["loss"].to_numpy() for one in kept if one is not None])

    found = {}
    for name in outcome.scored:
        each = losses(name) - (1 - margin) * losses(best) - margin * losses(reference)
        mine = np.bincount(who, weights=each - each.mean())
        found[name] = float(np.sqrt(np.sum(mine**2)) / len(each))
    return found


def world(
    study: Study, drawn: Drawn, customers: int, those: list[Fresh], scratch: Path
) -> dict[str, Any]:
    """One world's line: what was proposed on its customers, and what is true."""
    start = time.process_time()
    seed = [study.seed, drawn.number, int(drawn.seasonal), customers]
    outcome, models = bakeoff(drawn, customers, [*seed, 0], scratch / "0")
    result, proposal = outcome.result, outcome.result.proposal
    cutoffs = [str(cutoff) for cutoff in cutoffs_of(drawn, ask_of(drawn))]
    assert cutoffs == [w.now for w in result.windows if w.role == "choose"]
    rungs = [rung for rung in ladder(folder("retention")) if rung.name in outcome.scored]
    truths = [_truth(rungs, models, cutoffs, those, study)]
    for again in range(1, study.datasets):
        try:
            models = refit(drawn, rungs, customers, [*seed, again], scratch / str(again))
        except CannotStand:
            continue
        truths.append(_truth(rungs, models, cutoffs, those, study))
    errors = standard_errors(outcome, proposal.best, proposal.reference, result.good_enough)
    return {
        "number": drawn.number, "seasonal": drawn.seasonal, "n": customers, "seed": study.seed,
        "fresh": study.fresh, "margin": result.good_enough, "reference": proposal.reference,
        "proposal": proposal.rung, "best": proposal.best, "stable": proposal.stable,
        "beats_reference": not proposal.sentence.startswith("Keep"),
        "rungs": {
            row.rung: {
                "loss": row.choose.loss, "worse": row.choose.worse,
                "worse_low": row.choose.worse_low, "worse_high": row.choose.worse_high,
                "se": errors[row.rung],
                "truth": [float(t.loss[i]) for t in truths],
                "truth_se": float(_truth_error(truths[0], i, rungs, proposal.reference, result.good_enough)),
            }
            for i, row in enumerate(row for row in result.rungs if row.status == "ok" and row.choose)
        },
        "not_run": {row.rung: row.status for row in result.rungs if row.status != "ok"},
        "parameters": drawn.parameters(), "seconds": time.process_time() - start,
    }  # fmt: skip


def _truth(
    rungs: list[Rung], models: Models, cutoffs: list[str], those: list[Fresh], study: Study
) -> Truth:
    by_rung = [[models[rung.name, cutoff] for cutoff in cutoffs] for rung in rungs]
    return truth(rungs, by_rung, those, retention.REFERENCE, study.fresh)


def _truth_error(found: Truth, i: int, rungs: list[Rung], reference: str, margin: float) -> float:
    """The standard error, by fresh customer, of how far the rung is truly beyond the margin."""
    weights = np.zeros(len(rungs))
    weights[i] += 1
    weights[int(np.argmin(found.loss))] -= 1 - margin
    weights[[rung.name for rung in rungs].index(reference)] -= margin
    return float(np.sqrt(max(weights @ found.covariance @ weights, 0.0)))


def worlds(
    study: Study, number: int, seasonal: bool, sizes: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """The worlds of one draw of the prior: the same truth and fresh customers, several numbers of customers."""
    drawn = draw(study.seed, number, seasonal)
    ask = ask_of(drawn)
    with tempfile.TemporaryDirectory(prefix="choosing-") as scratch:
        seed = [study.seed, number, int(seasonal), 0]
        those = fresh(drawn, study.fresh, seed, cutoffs_of(drawn, ask), ask, Path(scratch))
        for n in sizes:
            here = Path(scratch) / str(n)
            here.mkdir()
            yield world(study, drawn, n, those, here)


def missing(
    study: Study, draws: int, rows: list[dict[str, Any]]
) -> list[tuple[int, bool, tuple[int, ...]]]:
    """What is still to do, both kinds of season of a draw one after the other."""
    done = {(row["number"], row["seasonal"], row["n"]) for row in rows}
    tasks = []
    for number in range(draws):
        for seasonal in (False, True):
            sizes = tuple(n for n in study.sizes if (number, seasonal, n) not in done)
            if sizes:
                tasks.append((number, seasonal, sizes))
    return tasks


def _all(task: tuple[Study, int, bool, tuple[int, ...]]) -> list[dict[str, Any]]:
    return list(worlds(*task))


def go_on(study: Study, draws: int, out: Path, workers: int, time_limit: float) -> None:
    """Append what is missing; no draw of the prior is begun after the time limit (seconds)."""
    began = time.monotonic()
    tasks = [(study, *task) for task in missing(study, draws, read(study, out))]
    if workers == 1:
        for task in tasks:
            if time.monotonic() - began > time_limit:
                return
            for row in worlds(*task):
                _append(out, [row])
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        running = {pool.submit(_all, task) for task in tasks[:workers]}
        waiting = iter(tasks[workers:])
        while running:
            done = next(as_completed(running))
            running.remove(done)
            _append(out, done.result())
            if time.monotonic() - began < time_limit and (task := next(waiting, None)):
                running.add(pool.submit(_all, task))


def _append(out: Path, rows: list[dict[str, Any]]) -> None:
    with out.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def read(study: Study, out: Path) -> list[dict[str, Any]]:
    """The worlds of this study found so far; a line that was cut off is done again."""
    rows = []
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if (row["seed"], row["fresh"]) == (study.seed, study.fresh):
            rows.append(row)
    return rows


def report(study: Study, rows: list[dict[str, Any]]) -> str:
    """Everything there is to say of the worlds found."""
    parts = [f"The prior, seed {study.seed}:\n{PRIOR}"]
    titles = {
        True: "Truth of each rung as fitted in the bake-off itself",
        False: "Truth of each rung averaged over data sets (the bake-off's and a second one)",
    }
    for own, title in titles.items():
        parts.append(f"== {title}, on {study.fresh:,} fresh customers per world ==")
        parts.append(table(rows, own))
        parts.append(choices(rows, own))
        parts.append(mistakes(rows, own))
    return "\n\n".join(parts)


def main() -> None:
    """Run or continue the study and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--worlds", type=int, default=204, help="worlds with 1,000 customers or more"
    )
    parser.add_argument("--fresh", type=int, default=1_000_000, help="fresh customers per world")
    parser.add_argument("--datasets", type=int, default=2, help="over which truth is averaged")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--out", type=Path, default=Path("choosing.jsonl"))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of customers")
    parser.add_argument("--report", action="store_true", help="print what is in --out, run nothing")
    given = parser.parse_args()
    study = Study(given.fresh, given.datasets, given.seed, tuple(given.sizes))
    per_draw = 2 * max(sum(n >= 1000 for n in study.sizes), 1)
    if not given.report:
        draws = -(-given.worlds // per_draw)
        go_on(study, draws, given.out, given.workers, given.time_limit)
    print(report(study, read(study, given.out)))


if __name__ == "__main__":
    main()
