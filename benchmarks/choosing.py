"""Does the bake-off choose rightly? Simulated worlds, proposals, and the truth about them.

In each world the built-in rungs of retention run through the real bake-off (only that each rung runs
in this process instead of one of its own), with a horizon of a sixth of the span. The truth is each
fitted rung's mean loss on fresh customers of the same world, with the same season, at the cutoffs
that choose; averaged over data sets of that world other than the bake-off's own. Every draw of the
prior is one world, with one number of customers, with seasons or without. Right: the lowest rung truly
inside the margin. Too low: the proposal is truly beyond it (at most 5 % of the worlds). Needlessly high:
a lower rung is truly inside by more than 3 of the bake-off's own standard errors, as they are before
fits on halves widen the margin test (at most 10 %). Worlds in between are counted as neither.

Results are appended to a file, one line per world; run again to go on, --report to print only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from choosing_bakeoff import Models, ask_of, bakeoff, cutoffs_of, refit
from choosing_table import choices, mistakes, table
from choosing_truth import Fresh, Truth, fresh, truth
from choosing_worlds import PRIOR, Drawn, draw

from stepladder.core.errors import CannotStand
from stepladder.core.rung import Rung, ladder
from stepladder.questions import folder, retention

SIZES = (1_000, 5_000, 20_000)


@dataclass(frozen=True)
class Study:
    """How the study is run: fresh customers per world, other data sets to average truth over, seed."""

    fresh: int = 250_000
    datasets: int = 4
    seed: int = 2
    sizes: tuple[int, ...] = SIZES


def world(
    study: Study, drawn: Drawn, customers: int, those: list[Fresh], scratch: Path
) -> dict[str, Any]:
    """One world's line: what was proposed on its customers, and what is true."""
    start = time.process_time()
    seed = [study.seed, drawn.number, int(drawn.seasonal), customers]
    found = bakeoff(drawn, customers, [*seed, 0], scratch / "0")
    proposal, comparison = found.proposal, found.comparison
    margin = ask_of(drawn).tolerance
    rungs = [rung for rung in ladder(folder("retention")) if rung.name in comparison.choose]
    truths = [_truth(drawn, rungs, found.models, those, study)]
    for again in range(1, study.datasets + 1):
        try:
            models = refit(drawn, rungs, customers, [*seed, again], scratch / str(again))
        except CannotStand:
            continue
        truths.append(_truth(drawn, rungs, models, those, study))
    beyond = _truth_errors(truths[0], rungs, margin)
    return {
        "number": drawn.number, "seasonal": drawn.seasonal, "n": customers, "seed": study.seed,
        "fresh": study.fresh, "datasets": study.datasets, "margin": margin, "reference": proposal.reference,
        "proposal": proposal.rung, "narrow": found.narrow, "best": proposal.best,
        "beats_reference": comparison.beats_reference,
        "rungs": {
            rung.name: {
                **asdict(comparison.choose[rung.name]),
                "se": found.errors[rung.name],
                "truth": [float(t.loss[i]) for t in truths],
                "truth_se": beyond[i],
            }
            for i, rung in enumerate(rungs)
        },
        "apart": [[*which, apart] for which, apart in found.apart.items()],
        "not_run": found.not_run,
        "parameters": drawn.parameters(), "seconds": time.process_time() - start,
    }  # fmt: skip


def _truth(
    drawn: Drawn, rungs: list[Rung], models: Models, those: list[Fresh], study: Study
) -> Truth:
    cutoffs = cutoffs_of(drawn, ask_of(drawn))
    by_rung = [[models[rung.name, str(cutoff)] for cutoff in cutoffs] for rung in rungs]
    return truth(rungs, by_rung, those, retention.REFERENCE, study.fresh)


def _truth_errors(found: Truth, rungs: list[Rung], margin: float) -> list[float]:
    """The standard error, by fresh customer, of how far each rung is truly beyond the margin."""
    best = int(np.argmin(found.loss))
    weights = np.eye(len(rungs))
    weights[:, best] -= 1 - margin
    weights[:, [rung.name for rung in rungs].index(retention.REFERENCE)] -= margin
    variance = np.einsum("ij,jk,ik->i", weights, found.covariance, weights)
    return [float(v) for v in np.sqrt(np.maximum(variance, 0.0))]


def worlds(
    study: Study, number: int, seasonal: bool, sizes: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """The worlds of one draw of the prior: several numbers of customers, one truth."""
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
    """What is still to do: of each draw one world, the sizes and kinds of season by turns."""
    done = {row["number"] for row in rows}
    kinds = [(seasonal, n) for seasonal in (False, True) for n in study.sizes]
    each = [(number, *kinds[number % len(kinds)]) for number in range(draws)]
    return [(number, seasonal, (n,)) for number, seasonal, n in each if number not in done]


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
    cut_off = out.exists() and out.stat().st_size > 0 and not out.read_bytes().endswith(b"\n")
    with out.open("a", encoding="utf-8") as file:
        file.write("\n" if cut_off else "")
        file.writelines(json.dumps(row) + "\n" for row in rows)


def read(study: Study, out: Path) -> list[dict[str, Any]]:
    """The worlds of this study found so far; a line that was cut off is done again."""
    rows = []
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if (row["seed"], row["fresh"], row.get("datasets")) == (
            study.seed,
            study.fresh,
            study.datasets,
        ):
            rows.append(row)
    return rows


def report(study: Study, rows: list[dict[str, Any]]) -> str:
    """Everything there is to say of the worlds found."""
    parts = [f"The prior, seed {study.seed}:\n{PRIOR}"]
    averaged = any(len(rung["truth"]) > 1 for row in rows for rung in row["rungs"].values())
    for own in (True, False) if averaged else (True,):
        title = "as fitted in the bake-off itself" if own else "averaged over other data sets"
        parts.append(
            f"== Truth of each rung {title}, on {study.fresh:,} fresh customers per world =="
        )
        parts += [table(rows, own), choices(rows, own), mistakes(rows, own)]
    return "\n\n".join(parts)


def main() -> None:
    """Run or continue the study and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=300, help="draws of the prior, a world each")
    parser.add_argument("--fresh", type=int, default=250_000, help="fresh customers per world")
    parser.add_argument("--datasets", type=int, default=4, help="others to average truth over")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--store", type=Path, help="file of results to go on with; else a new one")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of customers")
    parser.add_argument(
        "--report", action="store_true", help="print what is in --store, run nothing"
    )
    given = parser.parse_args()
    out = given.store or Path(tempfile.mkdtemp(prefix="choosing-")) / "found.jsonl"
    study = Study(given.fresh, given.datasets, given.seed, tuple(given.sizes))
    if not given.report:
        print(f"Results go to {out}", file=sys.stderr)
        go_on(study, given.worlds, out, given.workers, given.time_limit)
    print(report(study, read(study, out)))


if __name__ == "__main__":
    main()
