"""What a bake-off found, as plain data: printed, stored in the record, drawn in the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from stepladder import questions
from stepladder.bakeoff.captured import Captured
from stepladder.bakeoff.checks import Checked
from stepladder.bakeoff.choose import Proposal
from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.coverage import Coverage
from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.totals import Total
from stepladder.core import own_loss
from stepladder.core.question import Question


@dataclass(frozen=True)
class Cost:
    """What a rung costs to run and keep; money under the stated assumptions."""

    fit_s: float  # processor seconds, at the last cutoff
    predict_s_per_1000: float
    memory_mb: float  # peak, over all cutoffs
    model_bytes: int
    lines: int
    needs: tuple[str, ...]  # libraries beyond the core
    upkeep_hours: float  # a year
    machine_money: float  # a year of nightly runs
    money_per_year: float
    regret_per_year: float | None = None  # where the loss is in money: what its mistakes cost


@dataclass(frozen=True)
class AtCutoff:
    """One rung at one cutoff: the estimate, and what the harness had to mend."""

    now: str
    role: str
    estimate: Estimate
    nulls: int
    floored: int
    predictions_sha256: str
    coverage: tuple[Coverage, ...] = ()  # where low and high are as wide as cases stray
    cases: int = 0  # of a person: the cases drawn for them, on which all are compared; 0: all cases


@dataclass(frozen=True)
class Measure:
    """A footnote: a number and the sentence that says what it is."""

    name: str
    value: float
    sentence: str
    title: str = ""  # its name for people, where `name` is one for machines


@dataclass(frozen=True)
class CalibrationBin:
    """Cases with predictions of one size at the last cutoff: predicted and actual, and interval coverage.

    How many they are is of everybody, also where some of them were judged; so are all sums below.
    """

    cases: int
    predicted: float
    actual: float
    actual_low: float
    actual_high: float
    covered: float | None
    came: tuple[
        float, ...
    ] = ()  # 20 evenly spaced quantiles of what came of each; none of old ones


@dataclass(frozen=True)
class RungResult:
    """One row of the ladder."""

    rung: str
    height: int
    title: str
    ours: bool
    status: str  # "ok", or in one line why not
    code_sha256: str = ""  # of the rung's file
    choose: Estimate | None = None  # on the choosing cutoffs
    report: Estimate | None = None  # on the last, untouched one
    cutoffs: tuple[AtCutoff, ...] = ()
    cost: Cost | None = None
    measures: tuple[Measure, ...] = ()  # at the last cutoff
    calibration: tuple[CalibrationBin, ...] = ()
    calibrated: dict[str, float] | None = None  # a 0/1 rung: what each answer stands for
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """A replay: where it stood, what for, how many cases it had and how much came of them."""

    now: str
    until: str
    role: str
    cases: int  # that rungs were judged on
    actual: float  # sum of outcomes: of everybody, as far as those judged tell
    scored: int = 0  # rows of the loss: those of whom something came, where silence says nothing
    name: str = ""  # what the replay is called, where several stand at one moment
    everybody: int = 0  # how many there were, where these are some of them, drawn by lot; 0: all

    @property
    def called(self) -> str:
        """Its name: by default the moment it stands at."""
        return self.name or self.now

    @property
    def times(self) -> float:
        """How many of everybody each case that was judged stands for."""
        return self.everybody / self.cases if self.everybody else 1.0


@dataclass(frozen=True)
class Result:
    """Everything a bake-off found."""

    question: str
    words: str
    now: str
    horizon: int
    good_enough: float
    good_enough_money: float | None
    settings: str  # question.toml, as it was
    seed: int
    data: dict[str, Any]  # table -> {"fingerprint", "report": DataReport as dict}
    versions: dict[str, str]
    windows: tuple[Window, ...]
    proposal: Proposal
    rungs: tuple[RungResult, ...]
    id: int = 0  # given by the record
    started: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    lists: Lists | None = None  # where prices are given: what acting on the answers brought
    fence: str = ""  # how closed the doors were, a word of fence.sandbox; unknown of old ones
    loss_sql: str = ""  # loss.sql, as it was; empty where the question's own loss judged
    loss_sha256: str = ""  # of that text
    totals: dict[str, tuple[Total, ...]] = field(default_factory=dict)  # by rung; none of old ones
    captured: Captured | None = None  # what came, and how much of it the best so many held
    ahead: str = ""  # the horizon in words, as the question counts it; of old ones in days
    checks: tuple[Checked, ...] = ()  # what people asked for, and which rungs keep to it

    @property
    def reference(self) -> str:
        """The rung that all others had to beat, taken once: what follows from this result keeps it."""
        return self.proposal.reference


def judged(result: Result) -> Question:
    """The question, judged by the loss that judged then."""
    return own_loss.judged_by(questions.load(result.question), result.loss_sql)


def to_json(result: Result) -> dict[str, Any]:
    """The whole result as one JSON object, with the figures of each rung at its top level."""
    out = asdict(result)
    out["data"] = {**out["data"], **_rows(out["data"])}
    out["rungs"] = [_flat(rung) for rung in out["rungs"]]
    return out


def _flat(rung: dict[str, Any]) -> dict[str, Any]:
    chosen = rung["choose"] or dict.fromkeys(Estimate.__dataclass_fields__)
    cost = rung["cost"] or dict.fromkeys(Cost.__dataclass_fields__)
    figures = {name: value for name, value in chosen.items() if not name.endswith("_draws")}
    return {**rung, **figures, **cost}


def _rows(data: dict[str, Any]) -> dict[str, Any]:
    """Rows read, kept, dropped and set aside by reason, over all tables."""
    reports = [table["report"] for table in data.values()]
    gone: dict[str, dict[str, int]] = {"dropped": {}, "set_aside": {}}
    for kind, counts in gone.items():
        for finding in (one for report in reports for one in report.get(kind, ())):
            counts[finding["reason"]] = counts.get(finding["reason"], 0) + finding["count"]
    return {
        "rows_read": sum(report["rows_read"] for report in reports),
        "rows_kept": sum(report["rows_kept"] for report in reports),
        **gone,
    }


def from_json(raw: dict[str, Any]) -> Result:
    """The result that `to_json` wrote, now or earlier: what it did not say then is as by default."""
    tables = {k: v for k, v in raw["data"].items() if isinstance(v, dict) and "report" in v}
    return _plain().validate_python({**raw, "data": tables})


@cache
def _plain() -> TypeAdapter[Result]:
    return TypeAdapter(Result)
