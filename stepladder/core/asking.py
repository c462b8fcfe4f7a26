"""Asking a rung, and making its answer fit for use: the two functions behind every prediction.

`asked` is the only place where a rung runs: ours in the process that asks, somebody's own behind the
fence, or nowhere (see `Rung`). `answered` touches no rung. Bake-off, predict, one case, the service,
MLflow, the nightly run and the watch all go through both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from stepladder.core.strays import Scale, Strays, apply_strays, learn_strays, levels


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
    cases: pa.Table | Iterable[pa.Table]  # all of them, or one part after the other
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
    said: list[pa.Table] = []
    model, fit_s, predict_s = asked_in_parts(job, said.append, clock)
    return Asked(pa.concat_tables(said), model, fit_s, predict_s)


class Spent(NamedTuple):
    """What a rung learnt, and the seconds it took to learn and to answer."""

    model: Model
    fit_s: float
    predict_s: float


def asked_in_parts(
    job: Job,
    take: Callable[[pa.Table], None],
    clock: Callable[[], float] = time.process_time,
) -> Spent:
    """Ask a rung that learns once about one part of the cases after the other, newcomers last.

    take: gets each part's checked answers. Raises as `asked` does.
    """
    begun = clock()
    model = (
        job.model
        if job.model is not None
        else job.keep(fitted(job.rung, job.learn_from or job.history))
    )
    fit_s, predict_s = clock() - begun, 0.0
    for cases in [job.cases] if isinstance(job.cases, pa.Table) else job.cases:
        begun = clock()
        said = job.rung.predict(model, job.history, cases)
        predict_s += clock() - begun
        take(predictions.check(said, job.question, cases))
    if job.newcomers:
        history, cases = job.newcomers
        take(predictions.check(job.rung.predict(model, history, cases), job.question, cases))
    return Spent(model, fit_s, predict_s)


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
    found = question.explain(history, nth, own).sort_by("nth")
    more = [name for name in found.column_names if name not in nth.column_names]
    return found.select([*answers.column_names, *more])


class Taught(NamedTuple):
    """What earlier answers of a rung teach: what a 0/1 answer stands for, and how far all stray."""

    means: dict[int, float] | None = None
    bins: Bins | Strays | None = None


def answered(
    question: Question,
    raw: pa.Table,
    reference: Reference,
    history: History,
    cases: pa.Table,
    taught: Taught,
    scale: pa.Table | None = None,
) -> Completed:
    """A rung's checked answers as they are used: 0/1 read as what came, gaps filled, with low and high.

    scale: what the question says of these cases' scale, where somebody has asked it already.
    """
    if taught.means is not None:
        raw = meant(raw, taught.means)
    found = question.complete(raw, reference, history, cases)
    if scale is None and isinstance(taught.bins, Strays):
        scale = question.scale(history, cases)
    filled = _with_intervals(question, found.predictions, taught.bins, scale)
    return found._replace(predictions=filled)


class Beside(NamedTuple):
    """Answers beside what came of them, row for row; what nobody knows yet is left out."""

    predicted: Floats
    actual: Floats
    scale: Scale | None  # how far each strays by nature
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
    rows = np.flatnonzero(~np.isnan(actual) & ~np.isnan(predicted))
    strays = None if scale is None else _scaled(said, scale, keys).take(rows)
    return Beside(predicted[rows], actual[rows], strays, rows)


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


def bins(question: Question, past: list[Beside]) -> Bins | Strays | None:
    """How far earlier answers strayed from what came; None where too few did."""
    if question.INTERVALS is None or not past:
        return None
    predicted, actual = (
        np.concatenate(each) for each in zip(*((b[0], b[1]) for b in past), strict=True)
    )
    share, scales = question.INTERVALS == "share", [b.scale for b in past if b.scale is not None]
    if share or len(scales) < len(past):
        return learn_bins(predicted, actual, share=share)
    wanted = [level.of_100 for level in levels(question.EXTRAS)]
    return learn_strays(predicted, actual, Scale.joined(scales), wanted)


def meant(table: pa.Table, means: dict[int, float]) -> pa.Table:
    """A 0/1 rung's answers as what came of them before; no opinion where nothing came before."""
    said = numbers(table["prediction"])
    values = np.full(len(said), np.nan)
    for label, mean in means.items():
        values[said == label] = mean
    column = pa.array(values, mask=np.isnan(values))
    return table.set_column(table.column_names.index("prediction"), "prediction", column)


def _with_intervals(
    question: Question, table: pa.Table, bins: Bins | Strays | None, scale: pa.Table | None
) -> pa.Table:
    """Low and high filled from past errors, where the rung gave none itself."""
    if bins is None or table["low"].null_count < table.num_rows:
        return table
    said, kind = numbers(table["prediction"]), question.INTERVALS
    if isinstance(bins, Bins):
        low, high = apply_bins(bins, said, kind == "count", kind == "share")
        return _filled(table, low=low, high=high)
    if scale is None:  # it was taught by cases that had one
        return table
    mine = _scaled(table, scale, question.KEYS)
    if kind == "count":  # never below nothing, and never half of one
        mine = mine._replace(least=np.fmax(mine.least, 0.0), whole=np.ones(len(said), bool))
    for level in levels(question.EXTRAS):
        if table[level.low].null_count == table.num_rows:
            low, high = apply_strays(bins, said, mine, level.of_100)
            table = _filled(table, **{level.low: low, level.high: high})
    return table


def _filled(table: pa.Table, **columns: Floats) -> pa.Table:
    """With these numbers in columns that are there; NaN as null."""
    for name, values in columns.items():
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(values, mask=np.isnan(values)))
    return table


def _scaled(rows: pa.Table, scale: pa.Table, keys: Sequence[str]) -> Scale:
    """What the scale says of each row, by whichever keys it has; what it does not say is the same for all."""
    at = predictions.places(rows, scale, [key for key in keys if key in scale.column_names])

    def said(column: str, other: float) -> Floats:
        if column not in scale.column_names:
            return np.full(rows.num_rows, other)
        return numbers(scale[column].take(at))

    kind, step = (np.nan_to_num(said(name, 0.0), nan=-1).astype(int) for name in ("kind", "step"))
    return Scale(said("scale", np.nan), kind, step, said("least", np.nan), said("whole", 0) == 1.0)
