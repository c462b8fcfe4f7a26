"""Given answers against what came, beside the reference asked at the same moment: loss and gain, by unit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core import predictions
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.core.stats import Floats, bootstrap_sums, calibration, interval
from stepladder.watch.stored import asked
from stepladder.watch.worth import Calibrated, Group, Judgement

DRAWS, BAGS = (500, 10_000), 1000  # as many draws as the interval's ends need: ten beyond each


class Window(NamedTuple):
    """A moment of the past, what came of it, and who was asked about."""

    past: History
    later: History
    cases: pa.Table


def window(question: Question, history: History, as_of: date, said: pa.Table) -> Window:
    """The window of predictions made as of a day; those asked about are those whom they name."""
    later = as_of + timedelta(days=history.ask.horizon)
    names = history.once("case", lambda: question.cases(history).column_names)
    return Window(moment(history, as_of), moment(history, later), asked(question, said, names))


def moment(history: History, day: date) -> History:
    """The history at a day, opened once however many ask for it."""
    return history.once(f"at {day}", lambda: history.at(day))


def known(question: Question, past: History, said: pa.Table) -> pa.Table:
    """Only the predictions about cases that were there already: newcomers of a replay had rows laid over."""
    cases = question.cases(past)
    if said.select(question.KEYS).equals(cases):
        return said
    keys = ", ".join(quoted(name) for name in cases.column_names)
    rows = said.select(cases.column_names).append_column("nth", pa.array(np.arange(said.num_rows)))
    there = f"select nth from said semi join cases using ({keys}) order by nth"
    return said.take(past.sql(there, cases, said=rows)["nth"].combine_chunks())


def reference(question: Question, rung: Rung, at: Window) -> pa.Table:
    """What the reference rung says of the same cases, learnt from what was known then."""
    raw = rung.predict(rung.fit(at.past), at.past, at.cases)
    checked = predictions.check(raw, question, at.cases)
    return question.complete(checked, checked, at.past, at.cases).predictions


def completed(question: Question, said: pa.Table, other: pa.Table, at: Window) -> pa.Table:
    """Stored numbers without an opinion are the reference's; lists are stored as they were shown."""
    if question.INTERVALS is None or not said["prediction"].null_count:
        return said
    return question.complete(said, other, at.past, at.cases).predictions


def judge(
    question: Question, said: pa.Table, other: pa.Table | None, at: Window, level: float
) -> Judgement | None:
    """Mean loss per case and the share of the reference's loss that was saved, resampled by unit.

    Intervals hold `level` of the draws. None where nothing came of anybody that could be marked.
    """
    mine = question.loss(said, at.past, at.later, at.cases)
    if not mine.num_rows:
        return None
    theirs = mine if other is None else question.loss(other, at.past, at.later, at.cases)
    weight = mine["weight"].to_numpy()
    sums = by_unit(
        question,
        mine,
        [mine["loss"].to_numpy() * weight, theirs["loss"].to_numpy() * weight, weight],
    )
    draws = bootstrap_sums(sums, at.past.ask.seed, _draws(level), BAGS)
    total = sums.sum(axis=0)
    low, high = interval(draws[:, 0] / draws[:, 2], level)
    gain = gains = None
    if other is not None and total[1] > 0:
        gain = 1 - total[0] / total[1]
        gains = interval(1 - draws[:, 0] / np.maximum(draws[:, 1], 1e-12), level)
    return Judgement(
        at.past.now.isoformat(),
        at.later.now.isoformat(),
        mine.num_rows,
        float(total[0] / total[2]),
        low,
        high,
        float(total[1] / total[2]),
        None if gain is None else float(gain),
        *(gains or (None, None)),
    )


def calibrate(question: Question, said: pa.Table, at: Window, level: float) -> Calibrated:
    """Predicted for each one that came, with its interval, and group by group."""
    came = question.outcome(at.past, at.later, at.cases)
    actual = came["actual"].to_numpy().astype(float)
    mean = said["prediction"].to_numpy().astype(float)
    low, high = (_bounds(said, name) for name in ("low", "high"))
    sums = by_unit(question, at.cases, [mean, actual])
    draws = bootstrap_sums(sums, at.past.ask.seed, _draws(level), BAGS)
    ratio = draws[:, 0] / np.maximum(draws[:, 1], 1e-12)
    covered = (
        None if low is None or high is None else float(((actual >= low) & (actual <= high)).mean())
    )
    groups = tuple(Group(*each) for each in calibration(mean, actual, low, high))
    total = float(mean.sum() / max(actual.sum(), 1e-12))
    return Calibrated(
        at.past.now.isoformat(), total, *interval(ratio, level), (), groups, covered, ""
    )


def _draws(level: float) -> int:
    return int(np.clip(20 / (1 - level), *DRAWS))


def total(question: Question, said: pa.Table, at: Window) -> float:
    """What was predicted in all, for each one that came."""
    actual = question.outcome(at.past, at.later, at.cases)["actual"].to_numpy().astype(float).sum()
    return float(said["prediction"].to_numpy().astype(float).sum() / max(actual, 1e-12))


def _bounds(said: pa.Table, name: str) -> Floats | None:
    if said[name].null_count:
        return None
    return np.asarray(said[name].to_numpy(), float)


def by_unit(question: Question, rows: pa.Table, columns: list[Floats]) -> Floats:
    """Sums per independent unit: units × columns."""
    unit = rows[question.UNIT[0]].combine_chunks()
    for name in question.UNIT[1:]:
        other = rows[name].combine_chunks().cast(pa.string())
        unit = pa.compute.binary_join_element_wise(unit.cast(pa.string()), other, "\0")
    codes = unit.dictionary_encode().indices.to_numpy()
    return np.column_stack([np.bincount(codes, weights=column) for column in columns])
