"""Given answers against what came, beside the reference asked at the same moment: loss and gain, by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import outcomes
from stepladder.core.asking import Job, Taught, answered, asked, beside
from stepladder.core.cases import among
from stepladder.core.history import History
from stepladder.core.predictions import places
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.core.same_units import beside_first
from stepladder.core.stats import Floats, bootstrap_sums, calibration, interval
from stepladder.money import of_some
from stepladder.project.all_cases import cases_of
from stepladder.watch.findings import Calibrated, Group, Judgement

DRAWS, BAGS = (500, 10_000), 1000  # as many draws as the interval's ends need: ten beyond each


class Window(NamedTuple):
    """A moment of the past, what came of it, and who was asked about."""

    past: History
    later: History
    cases: pa.Table
    everybody: int = 0  # how many there were, where these are some of them, drawn by lot; 0: all


def window(
    question: Question, history: History, as_of: date, said: pa.Table, everybody: int = 0
) -> Window:
    """The window of predictions made as of a day; those asked about are those whom they name, each once.

    A budget shrinks as those do who are judged.
    """
    later = as_of + timedelta(days=history.ask.known_after)
    names = list(question.CASE)
    once = said.select(names).group_by(names, use_threads=False).aggregate([]).select(names)
    past, to = moment(history, as_of), moment(history, later)
    asked_about = outcomes.bottom(question, past, to, once.drop_null().combine_chunks())
    ask = of_some(past.ask, asked_about.num_rows, everybody) if everybody else past.ask
    if ask is not past.ask:
        past = replace(past, ask=ask)
    return Window(past, to, asked_about, everybody)


def moment(history: History, day: date) -> History:
    """The history at a day, opened once however many ask for it."""
    return history.once(f"at {day}", lambda: history.at(day))


def known(question: Question, past: History, said: pa.Table) -> pa.Table:
    """Only the predictions about cases that were there already: newcomers of a replay had rows laid over."""
    there = among(question, past, cases_of(question, said))
    if there is None:
        return said.slice(0, 0)
    return said.filter(pc.is_valid(places(said, there, list(question.CASE))))


def reference(question: Question, rung: Rung, at: Window) -> pa.Table:
    """What the reference rung says of the same cases, learnt from what was known then."""
    said = asked(Job(question, rung, at.past, at.cases)).table
    return answered(question, said, lambda: said, at.past, at.cases, Taught()).predictions


def completed(question: Question, said: pa.Table, other: pa.Table, at: Window) -> pa.Table:
    """Stored numbers without an opinion are the reference's; lists are stored as they were shown."""
    if question.INTERVALS is None or not said["prediction"].null_count:
        return said
    return question.complete(said, lambda: other, at.past, at.cases).predictions


def judge(
    question: Question, said: pa.Table, other: pa.Table | None, at: Window, level: float
) -> Judgement | None:
    """Mean loss per case and the share of the reference's loss that was saved, resampled by unit.

    Intervals hold `level` of the draws. None where nothing came of anybody that could be marked.
    """
    loss = question.loss(said, at.past, at.later, at.cases)
    if not loss.num_rows:
        return None
    mine = theirs = _weighed(question, loss)
    if other is not None:
        usual = question.loss(other, at.past, at.later, at.cases)
        theirs = _weighed(question, beside_first(usual, loss, question.UNIT, "the reference"))
    sums = np.column_stack(
        [_floats(mine["loss"]), _floats(theirs["loss"]), _floats(mine["weight"])]
    )
    draws = bootstrap_sums(sums, at.past.ask.seed, _draws(level), BAGS)
    total = sums.sum(axis=0)
    low, high = interval(draws[:, 0] / draws[:, 2], level)
    gain = None
    gains: tuple[float | None, float | None] = (None, None)
    if other is not None and total[0] >= 0 and total[1] > 0:  # else no share of it can be saved
        gain = 1 - total[0] / total[1]
        gains = interval(1 - draws[:, 0] / np.maximum(draws[:, 1], 1e-12), level)
    return Judgement(
        at.past.now.isoformat(),
        at.later.now.isoformat(),
        loss.num_rows,
        float(total[0] / total[2]),
        low,
        high,
        float(total[1] / total[2]),
        None if gain is None else float(gain),
        *gains,
        at.everybody,
    )


def _weighed(question: Question, loss: pa.Table) -> pa.Table:
    """Loss times weight, and weight, of each unit."""
    times = pc.multiply(loss["loss"], loss["weight"])
    at = loss.column_names.index("loss")
    return by_unit(question, loss.set_column(at, "loss", times), ["loss", "weight"])


def calibrate(question: Question, said: pa.Table, at: Window, level: float) -> Calibrated:
    """Predicted for each one that came, with its interval, and group by group."""
    came = outcomes.own(question.outcome(at.past, at.later, at.cases))
    mean, actual, _, rows = beside(said, came, question.KEYS, question.LABELS)
    found = said.take(pa.array(rows))
    low, high = (_bounds(question, found, name) for name in ("low", "high"))
    sums = by_unit(question, _with_unit(question, found, came, mean, actual), ["said", "came"])
    each = np.column_stack([_floats(sums["said"]), _floats(sums["came"])])
    draws = bootstrap_sums(each, at.past.ask.seed, _draws(level), BAGS)
    ratio = draws[:, 0] / np.maximum(draws[:, 1], 1e-12)
    covered = (
        None if low is None or high is None else float(((actual >= low) & (actual <= high)).mean())
    )
    groups = tuple(Group(*group[:-1]) for group in calibration(mean, actual, low, high))
    total = float(mean.sum() / max(actual.sum(), 1e-12))
    return Calibrated(
        at.past.now.isoformat(), total, *interval(ratio, level), (), groups, covered, ""
    )


def total(question: Question, said: pa.Table, at: Window) -> float:
    """What was predicted in all, for each one that came."""
    came = outcomes.own(question.outcome(at.past, at.later, at.cases))
    both = beside(said, came, question.KEYS, question.LABELS)
    return float(both.predicted.sum() / max(both.actual.sum(), 1e-12))


def _with_unit(
    question: Question, found: pa.Table, came: pa.Table, said: Floats, actual: Floats
) -> pa.Table:
    """What was said and what came, with the independent unit of each: of the answer, else of the outcome."""
    at = places(found, came, question.KEYS)
    unit = {n: found[n] if n in found.column_names else came[n].take(at) for n in question.UNIT}
    return pa.table({**unit, "said": said, "came": actual})


def by_unit(question: Question, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Sums of some columns for each independent unit, whose name may take several columns."""
    unit = list(question.UNIT)
    found = rows.group_by(unit, use_threads=False).aggregate([(name, "sum") for name in columns])
    return found.select([*unit, *(f"{name}_sum" for name in columns)]).rename_columns(
        [*unit, *columns]
    )


def _draws(level: float) -> int:
    return int(np.clip(20 / (1 - level), *DRAWS))


def _bounds(question: Question, said: pa.Table, name: str) -> Floats | None:
    """Low or high of all; None where some have none, or where they hold a share of many."""
    missing = said[name].null_count or question.INTERVALS == "share"
    return None if missing else _floats(said[name])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy())
