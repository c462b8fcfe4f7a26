"""Given answers against what came, beside the reference asked at the same moment: loss and gain, by unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.core.stats import Floats, bootstrap_sums, calibration, interval
from stepladder.watch.findings import Calibrated, Group, Judgement

DRAWS, BAGS = (500, 10_000), 1000  # as many draws as the interval's ends need: ten beyond each


class Window(NamedTuple):
    """A moment of the past, what came of it, and who was asked about."""

    past: History
    later: History
    cases: pa.Table


def window(question: Question, history: History, as_of: date, said: pa.Table) -> Window:
    """The window of predictions made as of a day; those asked about are those whom they name, each once."""
    later = as_of + timedelta(days=history.ask.horizon)
    names = history.once("case", lambda: question.cases(history).column_names)
    once = said.select(names).group_by(names, use_threads=False).aggregate([]).select(names)
    return Window(moment(history, as_of), moment(history, later), once.drop_null().combine_chunks())


def moment(history: History, day: date) -> History:
    """The history at a day, opened once however many ask for it."""
    return history.once(f"at {day}", lambda: history.at(day))


def known(question: Question, past: History, said: pa.Table) -> pa.Table:
    """Only the predictions about cases that were there already: newcomers of a replay had rows laid over."""
    cases = question.cases(past)
    there, _ = matched(said, cases, cases.column_names)
    return said.take(there)


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
    loss = question.loss(said, at.past, at.later, at.cases)
    if not loss.num_rows:
        return None
    mine = theirs = _weighed(question, loss)
    if other is not None:
        theirs = _weighed(question, question.loss(other, at.past, at.later, at.cases))
    here, there = matched(mine, theirs, question.UNIT)
    mine, theirs = mine.take(here), theirs.take(there)
    sums = np.column_stack(
        [_floats(mine["loss"]), _floats(theirs["loss"]), _floats(mine["weight"])]
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
        loss.num_rows,
        float(total[0] / total[2]),
        low,
        high,
        float(total[1] / total[2]),
        None if gain is None else float(gain),
        *(gains or (None, None)),
    )


def _weighed(question: Question, loss: pa.Table) -> pa.Table:
    """Loss times weight, and weight, of each unit."""
    times = pc.multiply(loss["loss"], loss["weight"])
    at = loss.column_names.index("loss")
    return by_unit(question, loss.set_column(at, "loss", times), ["loss", "weight"])


def calibrate(question: Question, said: pa.Table, at: Window, level: float) -> Calibrated:
    """Predicted for each one that came, with its interval, and group by group."""
    found = beside(said, question.outcome(at.past, at.later, at.cases))
    actual, mean = _floats(found["actual"]), _floats(found["prediction"])
    low, high = (_bounds(found, name) for name in ("low", "high"))
    sums = by_unit(question, found, ["prediction", "actual"])
    each = np.column_stack([_floats(sums["prediction"]), _floats(sums["actual"])])
    draws = bootstrap_sums(each, at.past.ask.seed, _draws(level), BAGS)
    ratio = draws[:, 0] / np.maximum(draws[:, 1], 1e-12)
    covered = (
        None if low is None or high is None else float(((actual >= low) & (actual <= high)).mean())
    )
    groups = tuple(Group(*group) for group in calibration(mean, actual, low, high))
    total = float(mean.sum() / max(actual.sum(), 1e-12))
    return Calibrated(
        at.past.now.isoformat(), total, *interval(ratio, level), (), groups, covered, ""
    )


def total(question: Question, said: pa.Table, at: Window) -> float:
    """What was predicted in all, for each one that came."""
    found = beside(said, question.outcome(at.past, at.later, at.cases))
    actual = _floats(found["actual"]).sum()
    return float(_floats(found["prediction"]).sum() / max(actual, 1e-12))


def beside(said: pa.Table, came: pa.Table) -> pa.Table:
    """The predictions with what came of each, where it is known by now, in the order of the predictions.

    Joined by the columns that both tables have; what else is said of the outcome (`actual`, or a unit
    that is no key) stands to the right.
    """
    keys = [name for name in came.column_names if name in said.column_names]
    came = came.filter(pc.is_valid(came["actual"]))
    here, there = matched(said, came, keys)
    found, rest = said.take(here), came.drop_columns(keys).take(there)
    for name in rest.column_names:
        found = found.append_column(name, rest[name])
    return found


def matched(one: pa.Table, other: pa.Table, keys: Sequence[str]) -> tuple[pa.Array, pa.Array]:
    """The rows of two tables that have the same keys, pair by pair, in the order of the first."""
    keys = list(keys)
    kinds = pa.schema([one.schema.field(key).remove_metadata().with_nullable(True) for key in keys])
    left, right = one.select(keys).cast(kinds), other.select(keys).cast(kinds)
    pairs = left.append_column("one", pa.array(np.arange(one.num_rows))).join(
        right.append_column("other", pa.array(np.arange(other.num_rows))), keys,
        join_type="inner", use_threads=False,
    ).sort_by([("one", "ascending"), ("other", "ascending")])  # fmt: skip
    return pairs["one"], pairs["other"]


def by_unit(question: Question, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Sums of some columns for each independent unit, whose name may take several columns."""
    unit = list(question.UNIT)
    found = rows.group_by(unit, use_threads=False).aggregate([(name, "sum") for name in columns])
    return found.select([*unit, *(f"{name}_sum" for name in columns)]).rename_columns(
        [*unit, *columns]
    )


def _draws(level: float) -> int:
    return int(np.clip(20 / (1 - level), *DRAWS))


def _bounds(said: pa.Table, name: str) -> Floats | None:
    return None if said[name].null_count else _floats(said[name])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy())
