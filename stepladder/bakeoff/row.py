"""One rung's row of the ladder: its estimates, its cost, and what can be said of its predictions."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.compare import Comparison
from stepladder.bakeoff.coverage import coverage, sentence, title
from stepladder.bakeoff.lists import a_year
from stepladder.bakeoff.person import is_person
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.result import (
    AtCutoff,
    CalibrationBin,
    Cost,
    Measure,
    RungResult,
)
from stepladder.bakeoff.runs import Ran
from stepladder.bakeoff.score import Scored
from stepladder.core import asking
from stepladder.core.ask import Ask
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.core.stats import calibration
from stepladder.fence.measure import Measured
from stepladder.money import priced


def row(
    question: Question,
    ask: Ask,
    ran: Ran,
    replays: list[Replay],
    scored: dict[str, list[Scored | None]],
    comparison: Comparison,
    calibrated: dict[str, float] | None,
    asked: list[Replay],
) -> RungResult:
    """Everything the table, the report and the record say of one rung.

    asked: the replays as this rung was asked, a person about few of the cases.
    """
    rung = ran.rung
    if ran.status != "ok":
        return RungResult(rung.name, rung.height, rung.title, rung.ours, ran.status, rung.sha256)
    mine = scored[rung.name]
    return RungResult(
        rung.name,
        rung.height,
        rung.title,
        rung.ours,
        "ok",
        rung.sha256,
        choose=comparison.choose[rung.name],
        report=comparison.report[rung.name],
        cutoffs=_cutoffs(question, rung.name, asked, mine, comparison),
        cost=_cost(
            rung,
            ran.measured,
            ask,
            replays[-1].times,
            _regret(ask, replays, comparison.choose[rung.name].loss),
        ),
        measures=_measures(question, asked[-1], mine[-1]),
        calibration=_calibration(question, mine[-1], asked[-1]) if question.INTERVALS else (),
        calibrated=calibrated,
        warnings=_warnings(ran.measured),
    )


def parquet(table: pa.Table) -> bytes:
    """The table as Parquet; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _cutoffs(
    question: Question,
    name: str,
    replays: list[Replay],
    mine: list[Scored | None],
    comparison: Comparison,
) -> tuple[AtCutoff, ...]:
    asked = [
        (replay, found)
        for replay, found in zip(replays, mine, strict=True)
        if replay.holdout.role != "calibrate" and found is not None
    ]
    return tuple(
        AtCutoff(
            replay.name,
            replay.holdout.role,
            estimates[name],
            found.nulls,
            found.floored,
            hashlib.sha256(parquet(found.predictions)).hexdigest(),
            coverage(question, found),
            replay.cases.num_rows if is_person(name) else 0,
        )
        for (replay, found), estimates in zip(asked, comparison.by_cutoff, strict=True)
    )


def _cost(
    rung: Rung, measured: list[Measured | None], ask: Ask, times: float, regret: float | None
) -> Cost:
    """What it takes; a night answers everybody, however many were judged here."""
    there = [m for m in measured if m is not None]
    last = there[-1]
    upkeep = ask.costs.upkeep(rung.height)
    fit_s, predict_s = last.fit_s or 0.0, last.predict_s or 0.0
    machine = 365 * (fit_s + predict_s * times) / 3600 * ask.costs.machine_hour
    return Cost(
        fit_s=fit_s,
        predict_s_per_1000=1000 * predict_s / max(last.cases, 1),
        memory_mb=max(m.memory_mb or 0.0 for m in there),
        model_bytes=last.model_bytes or 0,
        lines=rung.lines,
        needs=tuple(rung.needs),
        upkeep_hours=upkeep,
        machine_money=machine,
        money_per_year=machine + upkeep * ask.costs.hour_price,
        regret_per_year=regret,
    )


def _regret(ask: Ask, replays: list[Replay], loss: float) -> float | None:
    return loss * a_year(ask, replays) if priced(ask) else None


def _measures(question: Question, last: Replay, mine: Scored | None) -> tuple[Measure, ...]:
    assert mine is not None
    later = last.holdout.later
    rows = question.measures(mine.predictions, last.known, later, last.cases).to_pylist()
    own = [Measure(r["name"], r["value"], r["sentence"], r.get("title", "")) for r in rows]
    covered = coverage(question, mine)
    return (
        *own,
        *(Measure(f"coverage{c.of_100}", c.share, sentence(c), title(c)) for c in covered),
    )


def _calibration(
    question: Question, mine: Scored | None, last: Replay
) -> tuple[CalibrationBin, ...]:
    assert mine is not None
    said, actual, _, rows = mine.beside
    bounds = [asking.numbers(mine.predictions[name])[rows] for name in ("low", "high")]
    known = question.INTERVALS != "share" and not any(np.isnan(bound).any() for bound in bounds)
    low, high = bounds if known else (None, None)
    bins = calibration(said, actual, low, high)
    return tuple(CalibrationBin(*bin._replace(cases=round(bin.cases * last.times))) for bin in bins)


def _warnings(measured: list[Measured | None]) -> tuple[str, ...]:
    """What the rung warned of at the last cutoff."""
    last = [m for m in measured if m is not None][-1]
    return tuple(last.warnings)
