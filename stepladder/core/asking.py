"""Asking a rung, and making its answer fit for use: the two functions behind every prediction.

`asked` is the only place where a rung runs: ours in the process that asks, somebody's own behind the
fence, or nowhere (see `Rung`). `answered` touches no rung. Bake-off, predict, one case, the service,
MLflow, the nightly run and the watch all go through both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.question import Completed, Question, Reference
from stepladder.core.rung import Rung
from stepladder.core.stats import Bins, Floats, apply_bins, group_means, learn_bins


@dataclass(frozen=True)
class Job:
    """What a rung is asked: about which cases, by what it learnt (None: it learns now), from what is known.

    keep: what is done with a model that was learnt now; what it returns is asked, as it will be later.
    why: whether the answers are to come with the rows they are made of, where the rung can say.
    newcomers: those asked about once their own first rows are laid over.
    learn_from: what it learns from, where that is less than what is known when it is asked.
    """

    question: Question
    rung: Rung
    history: History
    cases: pa.Table
    model: Model | None = None
    newcomers: tuple[History, pa.Table] | None = None
    keep: Callable[[Model], Model] = lambda model: model
    learn_from: History | None = None


class Asked(NamedTuple):
    """What a rung said, checked; what it learnt; the seconds it took, by the clock that was given."""

    table: pa.Table
    model: Model
    fit_s: float
    predict_s: float


def asked(job: Job, clock: Callable[[], float] = time.process_time) -> Asked:
    """Ask a rung. Raises what the rung raises, and Problem on an answer that breaks the contract."""
    begun = clock()
    model = (
        job.model
        if job.model is not None
        else job.keep(fitted(job.rung, job.learn_from or job.history))
    )
    learnt = clock()
    said = job.rung.predict(model, job.history, job.cases)
    ended = clock()
    table = predictions.check(said, job.question, job.cases)
    if job.newcomers:
        history, cases = job.newcomers
        late = predictions.check(job.rung.predict(model, history, cases), job.question, cases)
        table = pa.concat_tables([table, late])
    return Asked(table, model, learnt - begun, ended - learnt)


def fitted(rung: Rung, history: History) -> Model:
    """What a rung learns from what is known."""
    return rung.fit(history)


def reasons(rung: Rung, model: Model, history: History, answers: pa.Table) -> pa.Table | None:
    """For a few answers, the source rows each came from; None where the rung cannot say."""
    return rung.why(model, history, answers)


def explained(
    question: Question, history: History, answers: pa.Table, own: pa.Table | None
) -> pa.Table:
    """The answers, in their order, with `why`, the rung's own where it says any, and `because`: words."""
    nth = answers.append_column("nth", pa.array(np.arange(answers.num_rows)))
    found = question.explain(history, nth, own)
    return found.sort_by("nth").drop_columns(["nth"])


class Taught(NamedTuple):
    """What earlier answers of a rung teach: what a 0/1 answer stands for, and how far all stray."""

    means: dict[int, float] | None = None
    bins: Bins | None = None


def answered(
    question: Question,
    raw: pa.Table,
    reference: Reference,
    history: History,
    cases: pa.Table,
    taught: Taught,
) -> Completed:
    """A rung's checked answers as they are used: 0/1 read as what came, gaps filled, with low and high."""
    if taught.means is not None:
        raw = meant(raw, taught.means)
    found = question.complete(raw, reference, history, cases)
    scale = question.scale(history, cases) if taught.bins and taught.bins.scaled else None
    return found._replace(
        predictions=_with_interval(question, found.predictions, taught.bins, scale)
    )


class Beside(NamedTuple):
    """Answers beside what came of them, row for row; what nobody knows yet is left out."""

    predicted: Floats
    actual: Floats
    scale: Floats | None
    rows: np.ndarray  # which of the answers they are

    @property
    def labels(self) -> np.ndarray:
        """The answers of a rung that says only 0 or 1, as whole numbers."""
        return self.predicted.astype(np.int64)


def beside(
    said: pa.Table,
    came: pa.Table,
    keys: Sequence[str],
    labels: Mapping[str, float] | None = None,
    scale: pa.Table | None = None,
) -> Beside:
    """Hold answers against what came, by key; `labels`: what words count as."""
    predicted = numbers(said["prediction"])
    actual = numbers(matched(said, came, keys, "actual"), labels)
    strays = None if scale is None else _of_scale(said, scale, keys, "scale")
    rows = np.flatnonzero(~np.isnan(actual) & ~np.isnan(predicted))
    return Beside(predicted[rows], actual[rows], None if strays is None else strays[rows], rows)


def matched(rows: pa.Table, other: pa.Table, keys: Sequence[str], column: str) -> pa.ChunkedArray:
    """The other table's value for each row, found by key; null where it has none."""
    return other[column].take(predictions.places(rows, other, keys))


def numbers(column: pa.ChunkedArray, labels: Mapping[str, float] | None = None) -> Floats:
    """Numbers, nulls as NaN; words as what they count as."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        known = dict(labels or {})
        return np.array([known.get(word, np.nan) for word in column.to_pylist()], float)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def means(question: Question, past: list[tuple[pa.Table, pa.Table]]) -> dict[int, float] | None:
    """What a 0/1 rung's answers stand for: the average of what came of each; None without a past."""
    if not past:
        return None
    pairs = [beside(said, came, question.KEYS, question.LABELS) for said, came in past]
    labels = np.concatenate([pair.labels for pair in pairs])
    return group_means(labels, np.concatenate([pair.actual for pair in pairs]))


def bins(question: Question, past: list[Beside]) -> Bins | None:
    """How far earlier answers strayed from what came; None where too few did."""
    if question.INTERVALS is None or not past:
        return None
    predicted, actual = (
        np.concatenate(each) for each in zip(*((b[0], b[1]) for b in past), strict=True)
    )
    scales = [b.scale for b in past if b.scale is not None]
    scale = np.concatenate(scales) if len(scales) == len(past) else None
    return learn_bins(predicted, actual, share=question.INTERVALS == "share", scale=scale)


def meant(table: pa.Table, means: dict[int, float]) -> pa.Table:
    """A 0/1 rung's answers as what came of them before; no opinion where nothing came before."""
    said = numbers(table["prediction"])
    values = np.full(len(said), np.nan)
    for label, mean in means.items():
        values[said == label] = mean
    column = pa.array(values, mask=np.isnan(values))
    return table.set_column(table.column_names.index("prediction"), "prediction", column)


def _with_interval(
    question: Question, table: pa.Table, bins: Bins | None, scale: pa.Table | None
) -> pa.Table:
    """Low and high filled from past errors, where the rung gave none itself."""
    if bins is None or table["low"].null_count < table.num_rows:
        return table
    said, kind = numbers(table["prediction"]), question.INTERVALS
    strays = None if scale is None else _of_scale(table, scale, question.KEYS, "scale")
    low, high = apply_bins(bins, said, kind == "count", kind == "share", strays)
    if scale is not None and "least" in scale.column_names:
        low = np.fmax(low, _of_scale(table, scale, question.KEYS, "least"))
    if scale is not None and "whole" in scale.column_names:
        whole = _of_scale(table, scale, question.KEYS, "whole") == 1.0
        low, high = np.where(whole, np.floor(low), low), np.where(whole, np.ceil(high), high)
    for name, values in (("low", low), ("high", high)):
        table = table.set_column(
            table.column_names.index(name), name, pa.array(values, mask=np.isnan(values))
        )
    return table


def _of_scale(rows: pa.Table, scale: pa.Table, keys: Sequence[str], column: str) -> Floats:
    """What the scale says of each row, by whichever keys it has."""
    return numbers(matched(rows, scale, [k for k in keys if k in scale.column_names], column))
