"""A toy world with a known truth: series have their week and a trend that bends, or are mostly zero."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

ASK = 'question = "forecast"\nhorizon = 14\nseed = 1\n[forecast]\nevery = "day"\nseason = 7\n'
PRICES = "[prices]\nover = 1.0\nunder = 3.0\n"
START, DAYS, SERIES, RARE = date(2021, 1, 4), 280, 60, 6
BEND = 150  # days; from then on nothing grows
NOW = START + timedelta(days=210)
PROMISE = {
    0: -1.0,
    1: -6.0,
    2: 0.03,
    3: 0.25,
    4: 0.25,
}  # the last value knows no season: it may be far worse


def expected(seed: int) -> np.ndarray:
    """What each series is about on each day: series × days."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(4.0, 1.0, (SERIES, 1))
    week = np.exp(rng.normal(0.0, 0.2, (SERIES, 7)))[:, np.arange(DAYS) % 7]
    pace = np.clip(rng.normal(0.0, 0.8, (SERIES, 1)), -0.8, 3.0)
    mean = level * week * (1 + pace * np.minimum(np.arange(DAYS), BEND) / DAYS)
    mean[-RARE:] = 0.3 * week[-RARE:]  # demands a day
    mean[0] = 0.0  # one that never sold
    return np.asarray(mean)


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables, what comes after NOW included; days are missing, one series begins late."""
    rng = np.random.default_rng(seed + 1)
    mean = expected(seed)
    value = np.round(np.maximum(mean * (1 + rng.normal(0.0, 0.07, mean.shape)), 0.0), 2)
    value[-RARE:] = rng.poisson(mean[-RARE:])
    there = rng.random(mean.shape) < 0.98
    there[1, : (NOW - START).days - 3] = False  # one that began three days ago
    day, which = np.nonzero(there.T)
    days = np.datetime64(START) + day.astype("timedelta64[D]")
    known = pa.table(
        {  # a holiday that changes nothing: who looks for a pattern in it finds none
            "series": pa.nulls(DAYS, pa.int64()),
            "time": pa.array(np.datetime64(START) + np.arange(DAYS).astype("timedelta64[D]")),
            "holiday": (rng.random(DAYS) < 0.03).astype(float),
            "row": np.arange(1, DAYS + 1),
        }
    )
    return {
        "known": known,
        "series": pa.table(
            {
                "series": which + 1,
                "time": pa.array(days, pa.date32()),
                "value": value[which, day],
                "row": np.arange(1, len(which) + 1),
            }
        ),
    }


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """What a being who knew the world would expect on each day ahead."""
    start = (NOW - START).days
    mean = expected(seed)[cases["series"].to_numpy() - 1, start : start + horizon]
    days = np.datetime64(NOW) + np.arange(horizon).astype("timedelta64[D]")
    return pa.table(
        {
            "series": cases["series"].take(pa.array(np.repeat(np.arange(len(mean)), horizon))),
            "time": pa.array(np.tile(days, len(mean)), pa.date32()),
            "prediction": mean.ravel(),
        }
    )


def nonsense(answers: pa.Table) -> pa.Table:
    """Answers that are surely worse: ten times as much, and one more."""
    at = answers.column_names.index("prediction")
    wrong = answers["prediction"].to_numpy() * 10 + 1
    return answers.set_column(at, "prediction", pa.array(wrong))


NEED_OTHERS = {
    "r1_last_season", "r2_season_growth", "r3_smoothed", "r3_by_kind", "r4_boosting", "r4_mean",
}  # fmt: skip
