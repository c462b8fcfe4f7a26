"""A toy world of leaves whose truth is known: three kinds, each of its own length and width."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

ASK = 'question = "leaves"\nhorizon = 1\nseed = 1\n'
NOW = date(2024, 1, 1)  # nothing has a time
LEAVES, KINDS, MEANS = 1600, ("ash", "elm", "oak"), np.array([4.0, 6.0, 9.0])
PROMISE = {0: -1.0, 1: -0.01, 2: 0.7}


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of which kind each leaf is, how long, and how wide."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, LEAVES, p=[0.5, 0.3, 0.2])
    return kind, np.abs(rng.normal(MEANS[kind], 1.0)), rng.uniform(1, 3, LEAVES)


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables; every eighth leaf has no label yet."""
    kind, length, width = world(seed)
    leaf = np.arange(1, LEAVES + 1)
    named = leaf % 8 != 0
    return {
        "leaves": pa.table({"leaf": leaf, "length": length, "width": width, "row": leaf}),
        "labels": pa.table({
            "leaf": leaf[named], "kind": [KINDS[k] for k in kind[named]],
            "row": np.arange(1, named.sum() + 1),
        }),
    }  # fmt: skip


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """The chances that a being who knew every kind's lengths would give."""
    length = world(seed)[1][cases["leaf"].to_numpy() - 1]
    like = np.exp(-((length[:, None] - MEANS) ** 2) / 2) * [0.5, 0.3, 0.2]
    chance = like / like.sum(axis=1, keepdims=True)
    leaf = np.repeat(cases["leaf"].to_numpy(), 3)
    kinds = list(KINDS) * cases.num_rows
    return pa.table({"leaf": leaf, "kind": kinds, "prediction": np.maximum(chance.ravel(), 1e-6)})


def nonsense(answers: pa.Table) -> pa.Table:
    """Answers that are surely worse: the other way round."""
    at = answers.column_names.index("prediction")
    wrong = np.maximum(1 - answers["prediction"].to_numpy(), 0.01) * 0.1
    return answers.set_column(at, "prediction", pa.array(wrong))
