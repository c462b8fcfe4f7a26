"""Our Pareto/NBD and BG/NBD beside the package lifetimes: likelihood reached, and CPU time.

1. On simulated data sets our log-likelihood must never be below that of lifetimes.
2. One large data set, grouped beforehand into equal rows with weights for both: the ratio of CPU
   times of the two Pareto/NBD fits, and the evaluations each needed.
3. The first fit of the CDNOW sample in a fresh process, imports aside.

Needs lifetimes (pip install lifetimes, best in an environment of its own) beside stepladder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
os.environ |= dict.fromkeys(THREADS, "1")
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
from convergence import MODELS, draws  # noqa: E402

from stepladder.core.errors import Problem  # noqa: E402
from stepladder.questions.retention.btyd import pareto_nbd  # noqa: E402
from stepladder.questions.retention.btyd.grouping import group  # noqa: E402
from stepladder.questions.retention.btyd.worlds import pareto_world  # noqa: E402

CDNOW = {"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.668}
FIRST = """
import sys, time
sys.path.insert(0, {root!r})
import numpy as np
from stepladder.questions.retention.btyd import pareto_nbd
known = np.load({file!r})
x, t_x, T = (known[name] for name in ("x", "t_x", "T"))
before = time.process_time()
pareto_nbd.fit(x, t_x, T)
print(time.process_time() - before)
"""


def peer() -> dict[str, Any]:
    """The fitters of lifetimes, by the name of the model."""
    try:
        import lifetimes
    except ImportError:
        raise SystemExit(
            Problem(
                "lifetimes cannot be imported here",
                "this benchmark compares with lifetimes 0.11.3",
                "pip install lifetimes pyarrow duckdb, in an environment of its own, and run it there",
            )
        ) from None
    return {"Pareto/NBD": lifetimes.ParetoNBDFitter, "BG/NBD": lifetimes.BetaGeoFitter}


def theirs(
    fitter: Any, x: Any, t_x: Any, T: Any, weight: Any = None
) -> tuple[dict[str, float], int, float]:
    """Parameters, evaluations of the likelihood, CPU seconds."""
    counted = [0]
    model = fitter(penalizer_coef=0.0)
    inner = model._negative_log_likelihood

    def counting(*args: Any, **kwargs: Any) -> Any:
        counted[0] += 1
        return inner(*args, **kwargs)

    model._negative_log_likelihood = counting
    before = time.process_time()
    with warnings.catch_warnings(), redirect_stdout(None):
        warnings.simplefilter("ignore")
        model.fit(x, t_x, T, weights=weight)
    return dict(model.params_), counted[0], time.process_time() - before


def many(sets: int, customers: int, fitters: dict[str, Any]) -> None:
    """Log-likelihood of both, each evaluated by our exact formula at the parameters found."""
    gap: dict[str, list[float]] = {name: [] for name in MODELS}
    failed = dict.fromkeys(MODELS, 0)
    cpu = {name: [0.0, 0.0] for name in MODELS}
    for name, _, seen in draws(sets, customers, seed=50):
        before = time.process_time()
        ours = MODELS[name].fit(**seen)
        cpu[name][0] += time.process_time() - before
        try:
            found, _, seconds = theirs(fitters[name], *seen.values())
            cpu[name][1] += seconds
            gap[name].append(ours["log_likelihood"] - MODELS[name].log_likelihood(found, **seen))
        except Exception as why:
            failed[name] += 1
            print(f"  lifetimes, {name}: {type(why).__name__}")
    print(f"\n1. {sets} simulated sets x {customers} customers: our log-likelihood minus theirs")
    for name, gaps in gap.items():
        print(
            f"  {name:11} lowest {min(gaps):+.2e}  median {np.median(gaps):+.2e}  highest {max(gaps):+.2e}"
            f"  lifetimes failed {failed[name]}x  CPU {cpu[name][0]:.1f} s against {cpu[name][1]:.1f} s"
        )


def large(customers: int, fitter: Any) -> None:
    """Maximum likelihood on equal grouped rows."""
    rng = np.random.default_rng(1)
    T = np.floor(39 * 7 - rng.random(customers) * 84) / 7
    g = group(*pareto_world(rng, **CDNOW, T=T), T)
    before = time.process_time()
    ours = pareto_nbd.fit(g.x, g.t_x, g.T, g.weight)
    mine = time.process_time() - before
    found, evaluations, seconds = theirs(fitter, g.x, g.t_x, g.T, g.weight)
    height = float(
        pareto_nbd.log_likelihood(
            found, *(np.repeat(c, g.weight.astype(int)) for c in (g.x, g.t_x, g.T))
        )
    )
    print(f"\n2. {customers:,} simulated customers, {len(g.x):,} grouped rows for both, one thread")
    print(f"  ours      {mine:8.2f} s CPU  log-likelihood {ours['log_likelihood']:.4f}")
    print(
        f"  lifetimes {seconds:8.2f} s CPU  log-likelihood {height:.4f}  evaluations {evaluations}"
    )
    print(
        f"  ratio     {seconds / mine:8.0f} x   (ours: {ours['evaluations']} evaluations, others of a sample)"
    )


def first(fitter: Any) -> None:
    """The CDNOW sample, each in a fresh process."""
    from tempfile import TemporaryDirectory

    import duckdb

    root = Path(__file__).parents[1]
    days = root / "tests" / "retention" / "cdnow_sample.parquet"
    known = duckdb.sql(
        f"""with f as (select *, min(day) over (partition by customer) as first from '{days}'
        where day < '1997-10-01')
        select count(*) - 1.0 as x, (max(day) - min(day)) / 7.0 as t_x,
        (date '1997-09-30' - min(day)) / 7.0 as T from f group by customer order by customer"""
    ).fetchnumpy()
    columns = {name: np.asarray(known[name], float) for name in ("x", "t_x", "T")}
    with TemporaryDirectory() as folder:
        file = f"{folder}/cdnow.npz"
        np.savez(file, **columns)
        code = FIRST.format(root=str(root), file=file)
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            for _ in range(5)
        ]
    seconds = [float(run.stdout) for run in runs]
    _, evaluations, peer_seconds = theirs(fitter, *columns.values())
    print(
        "\n3. first Pareto/NBD fit of the CDNOW sample in a fresh process, nothing compiled, imports aside"
    )
    print(f"  ours      {np.median(seconds):.3f} s CPU (median of 5, slowest {max(seconds):.3f})")
    print(f"  lifetimes {peer_seconds:.3f} s CPU, {evaluations} evaluations")


def main() -> None:
    """Run the three comparisons and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--customers", type=int, default=3000, help="in each set")
    parser.add_argument("--large", type=int, default=1_000_000, help="customers of the large set")
    given = parser.parse_args()
    fitters = peer()
    first(fitters["Pareto/NBD"])
    many(given.sets, given.customers, fitters)
    large(given.large, fitters["Pareto/NBD"])


if __name__ == "__main__":
    main()
