"""From a rung's raw answers to scored ones, at every cutoff, each by what was known before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stepladder.bakeoff.replay import Replay
from stepladder.core import asking
from stepladder.core.asking import Beside, Taught, answered, beside
from stepladder.core.question import Completed, Question


@dataclass(frozen=True)
class Scored:
    """One rung at one cutoff: its predictions as scored, what each cost, and what had to be mended."""

    predictions: pa.Table
    loss: pa.Table
    nulls: int
    floored: int
    beside: Beside  # the predictions beside what came, as far as it is known
    sums: Beside | None  # the same of what adds up others, which only teaches low and high


def score(
    question: Question,
    replays: list[Replay],
    raw: list[pa.Table | None],
    reference: list[pa.Table],
    ours: bool,
) -> tuple[list[Scored | None], dict[str, float] | None]:
    """Score a rung at every cutoff it answered at.

    Returns the scores, and, for a user's rung that says only 0 or 1, what each answer stands for from
    now on (its average outcome on earlier pasts).
    """
    labels = not ours and _only_labels(question, raw)
    scored: list[Scored | None] = []
    for i, replay in enumerate(replays):
        if (table := raw[i]) is None:
            scored.append(None)
            continue
        earlier = [j for j in range(i) if replays[j].ended_before(replay)]
        taught = Taught(
            (_means(question, replays, raw, earlier) or {}) if labels else None,
            asking.bins(question, _teaching([scored[j] for j in earlier])),
        )
        usual, known, cases = reference[i], replay.known, replay.cases
        found = answered(question, table, lambda: usual, known, cases, taught, replay.scale)  # noqa: B023
        scored.append(_scored(question, replay, found))
    meaning = _means(question, replays, raw, list(range(len(replays)))) if labels else None
    return scored, None if meaning is None else {str(k): v for k, v in meaning.items()}


def _scored(question: Question, replay: Replay, found: Completed) -> Scored:
    table = found.predictions
    loss = question.loss(table, replay.known, replay.holdout.later, replay.cases)
    against, sums = (
        None if came is None else beside(table, came, question.KEYS, question.LABELS, replay.scale)
        for came in (replay.came, replay.sums)
    )
    assert against is not None
    return Scored(table, loss, found.nulls, found.floored, against, sums)


def _teaching(earlier: list[Scored | None]) -> list[Beside]:
    """What came of earlier answers, of those that add up others too."""
    both = (each for one in earlier if one is not None for each in (one.beside, one.sums))
    return [each for each in both if each is not None]


def _only_labels(question: Question, raw: list[pa.Table | None]) -> bool:
    """Whether a rung gives no answers but 0 and 1 to a question of numbers."""
    if question.INTERVALS is None:
        return False
    said = [asking.numbers(table["prediction"]) for table in raw if table is not None]
    return bool(said) and all(np.isin(v[~np.isnan(v)], (0.0, 1.0)).all() for v in said)


def _means(
    question: Question, replays: list[Replay], raw: list[pa.Table | None], which: list[int]
) -> dict[int, float] | None:
    past = [(table, replays[j].came) for j in which if (table := raw[j]) is not None]
    return asking.means(question, past)
