"""A toy world whose series add up: articles in shops, where what a whole shop does is plainer than each."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from stepladder.questions.forecast import toy

ASK = toy.ASK + 'levels = ["shop", "article"]\n'
START, DAYS, NOW = date(2021, 1, 4), 168, date(2021, 5, 31)
SHOPS, ARTICLES = ("Berlin", "Bonn", "Köln", "Ulm"), 12
PROMISE = {3: 0.25}
NAMES = [f"{shop} / {article:02d}" for shop in SHOPS for article in range(ARTICLES)]


def expected(seed: int) -> np.ndarray:
    """What each series is about on each day: a share of its shop, which has its week and its pace."""
    rng = np.random.default_rng(seed)
    week = np.exp(rng.normal(0.0, 0.3, (len(SHOPS), 7)))[:, np.arange(DAYS) % 7]
    pace = 1 + rng.uniform(-0.5, 1.0, (len(SHOPS), 1)) * np.arange(DAYS) / DAYS
    share = rng.lognormal(3.0, 0.5, (len(SHOPS), ARTICLES, 1))
    return np.asarray((share * (week * pace)[:, None]).reshape(-1, DAYS))


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables, what comes after NOW included: counts, a row for every day."""
    value = np.random.default_rng(seed + 1).poisson(expected(seed)).astype(float)
    nth, which = np.divmod(np.arange(value.size), len(NAMES))
    days = np.datetime64(START) + nth.astype("timedelta64[D]")
    text, day = pa.array([], pa.string()), pa.array([], pa.date32())
    return {
        "known": pa.table(
            {"series": text, "time": day, "row": pa.array([], pa.int64())}
        ),  # nothing is known beforehand
        "series": pa.table(
            {
                "series": pa.array(NAMES).take(pa.array(which)),
                "time": pa.array(days, pa.date32()),
                "value": value[which, nth],
                "row": np.arange(1, len(which) + 1),
            }
        ),
    }


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """What a being who knew the world would expect on each day ahead."""
    start = (NOW - START).days
    which = [NAMES.index(name) for name in cases["series"].to_pylist()]
    mean = expected(seed)[which, start : start + horizon]
    days = np.datetime64(NOW) + np.arange(horizon).astype("timedelta64[D]")
    return pa.table(
        {
            "series": cases["series"].take(pa.array(np.repeat(np.arange(len(mean)), horizon))),
            "time": pa.array(np.tile(days, len(mean)), pa.date32()),
            "prediction": mean.ravel(),
        }
    )


nonsense = toy.nonsense
