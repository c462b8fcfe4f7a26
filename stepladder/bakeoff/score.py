"""From a rung's raw answers to scored ones: gaps filled, 0/1 answers calibrated, low and high learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stepladder.bakeoff.replay import Replay
from stepladder.core.question import Question
from stepladder.core.stats import Bins, Floats, apply_bins, group_means, learn_bins


@dataclass(frozen=True)
class Scored:
    """One rung at one cutoff: its predictions as scored, what each cost, and what had to be mended."""

    predictions: pa.Table
    loss: pa.Table
    nulls: int
    floored: int

    @property
    def mean(self) -> Floats:
        """The predictions themselves."""
        return self.predictions["prediction"].to_numpy().astype(float)


def score(
    question: Question,
    replays: list[Replay],
    raw: list[pa.Table | None],
    reference: list[pa.Table],
    ours: bool,
) -> tuple[list[Scored | None], dict[str, float] | None]:
    """Score a rung at every cutoff it answered at.

    Returns the scores, and, for a user's rung that says only 0 or 1 to a question of counts, what
    each answer stands for from now on (its average outcome on earlier pasts).
    """
    labels = None if ours else _labels(question, raw)
    scored: list[Scored | None] = []
    for i, replay in enumerate(replays):
        if (table := raw[i]) is None:
            scored.append(None)
            continue
        if labels is not None:
            earlier = [j for j in range(i) if replays[j].ended_before(replay)]
            table = meant(table, _learnt(labels, replays, earlier) or {})
        table, nulls, floored = question.complete(table, reference[i], replay.known, replay.cases)
        bins = bins_before(question, replays, scored, replay)
        table = with_interval(question, table, bins)
        loss = question.loss(table, replay.known, replay.holdout.later, replay.cases)
        scored.append(Scored(table, loss, nulls, floored))
    everything = list(range(len(replays)))
    meaning = None if labels is None else _learnt(labels, replays, everything)
    return scored, None if meaning is None else {str(k): v for k, v in meaning.items()}


def bins_before(
    question: Question,
    replays: list[Replay],
    scored: list[Scored | None],
    replay: Replay,
) -> Bins | None:
    """What came of this rung's earlier predictions, as far as it was known at the replay's cutoff."""
    if question.INTERVALS is None:
        return None
    past = [
        (s.mean, r.actual)
        for s, r in zip(scored, replays, strict=False)
        if s is not None and r.ended_before(replay)
    ]
    if not past:
        return None
    return learn_bins(np.concatenate([m for m, _ in past]), np.concatenate([a for _, a in past]))


def with_interval(question: Question, table: pa.Table, bins: Bins | None) -> pa.Table:
    """Low and high filled from past errors, where the rung gave none itself."""
    if bins is None or table["low"].null_count < table.num_rows:
        return table
    whole = question.INTERVALS == "count"
    low, high = apply_bins(bins, table["prediction"].to_numpy().astype(float), whole)
    for name, values in (("low", low), ("high", high)):
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


def _labels(question: Question, raw: list[pa.Table | None]) -> list[Floats | None] | None:
    """The 0/1 answers of a rung that gives no others to a question of counts; else None."""
    if question.INTERVALS != "count":
        return None
    found = []
    for table in raw:
        values = None if table is None else _floats(table["prediction"])
        if values is not None and not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            return None
        found.append(values)
    return found if any(values is not None for values in found) else None


def _learnt(
    labels: list[Floats | None], replays: list[Replay], which: list[int]
) -> dict[int, float] | None:
    pairs = [(labels[j], replays[j].actual) for j in which if labels[j] is not None]
    if not pairs:
        return None
    said = np.concatenate([said for said, _ in pairs if said is not None])
    opinion = ~np.isnan(said)
    came = np.concatenate([actual for _, actual in pairs])
    return group_means(said[opinion].astype(np.int64), came[opinion])


def meant(table: pa.Table, means: dict[int, float]) -> pa.Table:
    """A 0/1 rung's answers as what came of them before; no opinion where nothing came before."""
    said = _floats(table["prediction"])
    values = np.full(len(said), np.nan)
    for label, mean in means.items():
        values[said == label] = mean
    column = pa.array(values, mask=np.isnan(values))
    return table.set_column(table.column_names.index("prediction"), "prediction", column)


def _floats(column: pa.ChunkedArray) -> Floats:
    """Numbers, nulls as NaN."""
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
