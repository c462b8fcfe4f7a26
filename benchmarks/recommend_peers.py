"""NDCG@10 of our rungs beside implicit's ALS, BPR and item neighbours, tuned alike, by the question's loss.

    python benchmarks/recommend_peers.py
    python benchmarks/recommend_peers.py --end 2011-08-19
    python benchmarks/recommend_peers.py --movielens ml_latest_small_ratings.parquet

Four windows of 28 days. Everybody known before a window, strangers included, is listed 10 items out of all
that five persons took, short lists filled up with bestsellers, nothing they have already; marked is what
they took in the window. Each peer chooses among five settings on the window before, as ours do. A peer sees
who took what; named "recent", it sees the strengths that ours see, in which the latest count most. The
settings to choose among, ours and theirs, were drawn up with the last four windows of Online Retail in
sight; the four before, --end 2011-08-19, had not been looked at. Intervals: persons resampled, paired, all
windows together. Needs implicit beside stepladder[fast].
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import duckdb
import numpy as np
import pyarrow as pa

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.rung import ladder
from stepladder.core.stats import bootstrap_sums, interval
from stepladder.questions.question_toml import parse
from stepladder.questions.recommend import matrix, replays, truth
from stepladder.questions.recommend.matrix.lists import Scores, top

RETAIL = questions.DATA / "online_retail.parquet"
ASK = 'question = "recommend"\nhorizon = 28\nk = 10\n[rules]\nmin_support = 5\n'
ROWS = {
    "retail": """select CustomerID as person, StockCode as item, InvoiceDate as time,
      cast(Quantity as double) as value, row_number() over () as row from '{path}'
      where CustomerID is not null and Quantity > 0 and InvoiceNo not like 'C%'""",
    "movielens": """select userId as person, movieId as item, to_timestamp(timestamp)::timestamp as time,
      rating as value, row_number() over () as row from '{path}'""",
}
OURS = ("r1_bestsellers", "r2_also_bought", "r3_item_neighbours", "r3_ease", "r4_als")
Csr = Any


def als(rows: Csr, factors: int, regularization: float, alpha: float) -> Any:
    """implicit's alternating least squares."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=factors, regularization=regularization, alpha=alpha, iterations=15, random_state=1,
        num_threads=1,
    )  # fmt: skip
    model.fit(rows, show_progress=False)
    return model.user_factors @ model.item_factors.T


def bpr(rows: Csr, factors: int, rate: float, regularization: float) -> Any:
    """implicit's Bayesian personalised ranking."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=factors, learning_rate=rate, regularization=regularization, iterations=100,
        random_state=1, num_threads=1,
    )  # fmt: skip
    model.fit(rows, show_progress=False)
    return model.user_factors @ model.item_factors.T


def near(kind: str) -> Callable[..., Any]:
    """implicit's item neighbours, of one kind."""

    def scores(rows: Csr, **setting: Any) -> Any:
        from implicit import nearest_neighbours

        model = getattr(nearest_neighbours, f"{kind}Recommender")(num_threads=1, **setting)
        model.fit(rows, show_progress=False)
        return (rows @ model.similarity).toarray()

    return scores


def choices(names: str, *values: tuple[float, ...]) -> list[dict[str, Any]]:
    """Settings as keyword arguments."""
    return [dict(zip(names.split(), some, strict=True)) for some in values]


ALS = choices(
    "factors regularization alpha",
    (64, 10.0, 1.0), (64, 1.0, 1.0), (128, 10.0, 1.0), (64, 10.0, 0.3), (64, 30.0, 1.0),
)  # fmt: skip
BPR = choices(
    "factors rate regularization",
    (64, 0.01, 0.01), (64, 0.01, 0.05), (32, 0.05, 0.05), (64, 0.003, 0.01), (32, 0.01, 0.1),
)  # fmt: skip
NEAR = choices("K", (10,), (20,), (50,), (100,), (200,))
BM25 = choices(
    "K K1 B", (20, 1.2, 0.75), (100, 1.2, 0.75), (20, 1.2, 0.2), (50, 1.2, 0.5), (50, 100.0, 0.5)
)
PEERS: dict[str, tuple[Callable[..., Any], list[dict[str, Any]], float]] = {
    "implicit ALS": (als, ALS, 0.0),
    "implicit ALS, recent": (als, ALS, 3.0),
    "implicit BPR": (bpr, BPR, 0.0),
    "implicit cosine": (near("Cosine"), NEAR, 0.0),
    "implicit TFIDF": (near("TFIDF"), NEAR, 0.0),
    "implicit TFIDF, recent": (near("TFIDF"), NEAR, 3.0),
    "implicit BM25": (near("BM25"), BM25, 0.0),
}


def history_of(kind: str, path: Path, folder: Path) -> History:
    """The interactions of a file, with the question's own views."""
    con = duckdb.connect()
    rows, items = folder / "interactions.parquet", folder / "items.parquet"
    con.execute(f"copy ({ROWS[kind].format(path=path)}) to '{rows}'")
    con.execute(
        f"""copy (select item, null::varchar as title, row_number() over (order by item) as row
        from (select distinct item from '{rows}')) to '{items}'"""
    )
    end = con.execute(f"select max(time)::date from '{rows}'").fetchone()[0]  # type: ignore[index]
    ask = parse(ASK)
    views = tuple(questions.load("recommend").views(ask).items())
    tables = {"interactions": (str(rows), "time"), "items": (str(items), None)}
    return History(end, ask, tables, views=views)


class Window:
    """One window: what was known, what came, and how to mark a rung's answers."""

    def __init__(self, history: History, cutoff: date) -> None:
        span = timedelta(days=history.ask.horizon)
        self.past, self.later = history.at(cutoff), history.at(cutoff + span)
        self.cases = replays.holdout(self.past, self.later, "report").cases
        self.question = questions.load("recommend")
        known = self.rung("r1_bestsellers")
        self.usual = known.predict(known.fit(self.past), self.past, self.cases)

    def rung(self, name: str) -> Any:
        """One of our rungs."""
        return next(r for r in ladder(questions.folder("recommend")) if r.name == name)

    def mark(self, answers: pa.Table) -> dict[Any, float]:
        """NDCG@k of each person of whom something came."""
        full = self.question.complete(
            answers, lambda: self.usual, self.past, self.cases
        ).predictions
        lost = truth.loss(full, self.past, self.later, self.cases)
        return dict(zip(lost["person"].to_pylist(), 1 - lost["loss"].to_numpy(), strict=True))

    def ours(self, name: str) -> dict[Any, float]:
        """A rung of ours: it tunes itself within its fit."""
        rung = self.rung(name)
        return self.mark(rung.predict(rung.fit(self.past), self.past, self.cases))

    def theirs(
        self, scores: Callable[..., Any], setting: dict[str, Any], recency: float
    ) -> dict[Any, float]:
        """A peer, with one setting."""
        known = matrix.known(self.past, 5).reweighed(self.past.ask.horizon, recency)
        from scipy.sparse import csr_matrix

        rows = csr_matrix(matrix.scipy_of(known.by_person, len(known.items)))
        found = np.asarray(scores(rows, **setting), float)
        # cosines stand above zero; factors rank below it too, and all of their lists counts
        found += 1 - min(float(found.min()), 0.0) if found.min() < 0 else 0.0
        found[rows.nonzero()] = -np.inf
        row, item, best = top(Scores(found), self.past.ask.settings.k)
        answers = {
            "person": known.persons.take(pa.array(row)),
            "item": known.items.take(pa.array(item)),
            "prediction": best,
        }
        return self.mark(pa.table(answers))


def windows(history: History, n: int = 4) -> list[tuple[Window, Window]]:
    """The last few windows, latest last, each with the one before it, on which peers are tuned."""
    span = timedelta(days=history.ask.horizon)
    cutoffs = [history.now - (n - i) * span for i in range(n)]
    return [(Window(history, c - span), Window(history, c)) for c in cutoffs]


def run(history: History) -> dict[str, list[dict[Any, float]]]:
    """Marks of everyone in each window, by name of the rung or peer; prints the means as they come."""
    pairs = windows(history)
    print("cutoffs:", ", ".join(str(now.past.now) for _, now in pairs))
    marks: dict[str, list[dict[Any, float]]] = {}

    def note(name: str, before: float, chosen: str = "") -> None:
        means = "  ".join(f"{np.mean(list(window.values())):.4f}" for window in marks[name])
        print(
            f"  {name:24} {means}  {time.process_time() - before:6.1f} s CPU  {chosen}", flush=True
        )

    for name in OURS:
        before = time.process_time()
        marks[name] = [now.ours(name) for _, now in pairs]
        note(name, before)
    for name, (scores, settings, recency) in PEERS.items():
        before, chosen = time.process_time(), []
        marks[name] = []
        for then, now in pairs:
            tried = [np.mean(list(then.theirs(scores, s, recency).values())) for s in settings]
            best = settings[int(np.argmax(tried))]
            chosen.append("/".join(f"{v:g}" for v in best.values()))
            marks[name].append(now.theirs(scores, best, recency))
        note(name, before, " ".join(chosen))
    return marks


def compared(marks: dict[str, list[dict[Any, float]]]) -> None:
    """The means with their intervals, and each of ours less each peer, paired by person."""
    names = list(marks)
    persons = sorted({p for window in marks[names[0]] for p in window})
    at = {person: i for i, person in enumerate(persons)}
    sums = np.zeros((len(persons), len(names) + 1))
    for window in range(len(marks[names[0]])):
        for person in marks[names[0]][window]:
            sums[at[person]] += [*(marks[name][window][person] for name in names), 1.0]
    drawn = bootstrap_sums(sums, seed=1)
    means = sums[:, :-1].sum(0) / sums[:, -1].sum()
    draws = drawn[:, :-1] / drawn[:, -1:]
    print(
        f"\n{len(persons):,} persons, {int(sums[:, -1].sum()):,} lists; NDCG@10 and 95 % interval"
    )
    for i, name in enumerate(names):
        low, high = interval(draws[:, i])
        print(f"  {name:24} {means[i]:.4f}  [{low:.4f}, {high:.4f}]")
    ours = [i for i, name in enumerate(names) if name in OURS[2:]]
    theirs = [i for i, name in enumerate(names) if name not in OURS]
    print("\nours less theirs, paired by person")
    for j in sorted(theirs, key=lambda j: -means[j]):
        line = []
        for i in ours:
            low, high = interval(draws[:, i] - draws[:, j])
            line.append(f"{names[i]} {means[i] - means[j]:+.4f} [{low:+.4f}, {high:+.4f}]")
        print(f"  {names[j]:24} " + "   ".join(line))


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--movielens", type=Path, help="ratings of MovieLens latest-small, as Parquet"
    )
    parser.add_argument("--end", type=date.fromisoformat, help="the end of the last window")
    given = parser.parse_args()
    try:
        import implicit
    except ImportError:
        raise SystemExit(
            Problem(
                "implicit cannot be imported here",
                "this benchmark compares with implicit 0.7.3",
                "pip install implicit into an environment that has stepladder[fast], and run it there",
            )
        ) from None
    warnings.simplefilter("ignore")
    print(f"implicit {implicit.__version__}")
    kind, path = ("movielens", given.movielens) if given.movielens else ("retail", RETAIL)
    with tempfile.TemporaryDirectory() as folder:
        history = history_of(kind, path, Path(folder))
        compared(run(history.at(given.end) if given.end else history))


if __name__ == "__main__":
    main()
