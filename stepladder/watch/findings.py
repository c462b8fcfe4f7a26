"""What the watch found, as plain data: printed, drawn on a page, read by whatever raises the alarm."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Step = Literal["nothing", "recalibrate", "refit", "new bake-off"]


@dataclass(frozen=True)
class Trouble:
    """Something that could not be looked at, in three parts; it stands in its place on the page."""

    given: str
    allowed: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """Something odd about the newest rows, in three parts; "stop" where nobody should act on them."""

    severity: Literal["stop", "tell"]
    given: str
    allowed: str
    remedy: str


@dataclass(frozen=True)
class Judgement:
    """Predictions against what came: mean loss per case beside the reference's, each with its interval.

    gain: the share of the reference's loss that the rung saved, None where the rung is the reference, or
    where losses are below 0, so that 0 is not the best there is.
    """

    as_of: str
    until: str
    cases: int
    loss: float
    loss_low: float
    loss_high: float
    reference: float
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    everybody: int = (
        0  # how many had an answer, where some of them are judged, drawn by lot; 0: all
    )


@dataclass(frozen=True)
class Group:
    """Cases with predictions of one size: what was predicted and what came, on average."""

    cases: int
    predicted: float
    actual: float
    actual_low: float
    actual_high: float
    covered: float | None


@dataclass(frozen=True)
class Calibrated:
    """Whether a forecast of two means two: predicted for each one that came, and group by group.

    then: the same total at each window of the bake-off. off: which way it is surely wrong, "" if not.
    """

    as_of: str
    total: float
    total_low: float
    total_high: float
    then: tuple[float, ...]
    groups: tuple[Group, ...]
    covered: float | None
    off: str
    plan: tuple[float, float] | None = None  # what the next span may bring for each one forecast
    planned: str = ""  # how far that can be believed


@dataclass(frozen=True)
class Realised:
    """What the stored predictions were worth: the latest window first, beside the bake-off's own.

    due: the day from which there will be something to judge, "" where there is. missing: why some
    predictions could not be judged.
    """

    rung: str
    windows: tuple[Judgement, ...] = ()
    bakeoff: tuple[Judgement, ...] = ()
    calibration: Calibrated | None = None
    learnt: str = ""  # as of which day the model in use was fitted
    due: str = ""
    missing: tuple[Trouble, ...] = ()
    afterwards: tuple[str, ...] = ()  # days whose predictions were made when the outcome was there
    verdict: str = ""  # "", "as good", "less gain", "worse", "no gain"
    called: str = ""  # the rung's name in words
    loss: str = ""  # what a loss of the project's own counts; empty where the question's judges
    loss_changed: str = ""  # that loss.sql is another by now
    reference: str = ""  # the rung that it is held against


@dataclass(frozen=True)
class Alarm:
    """Something that somebody must look at: what, in one sentence, and since which day."""

    name: str
    sentence: str
    since: str


@dataclass(frozen=True)
class Figure:
    """A figure the business named: its value, and whether it is where it should be.

    kind: "KPI" or "KRI". verdict: "fine", "off target", "beyond limit", "no verdict" or "broken".
    past: the days and values of the weeks before, the oldest first.
    """

    name: str
    kind: str
    words: str
    value: float | None
    target: float | None
    limit: float | None
    better: str
    unit: str
    verdict: str
    since: str = ""
    past: tuple[tuple[str, float | None], ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Input:
    """One column watched by one statistic of its weeks.

    state: "quiet", "unusual" (one week only), "alarm", or "not judged". Everything in the statistic's own
    units. smallest: the change that would be found within two weeks in nine of ten cases; `spreads`: the
    same in standard deviations of the column, for averages. weeks: first days of the weeks shown.
    """

    table: str
    column: str
    statistic: str
    words: str
    state: str
    past: int
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    smallest: float | None
    spreads: float | None
    since: str = ""
    sentence: str = ""
    weeks: tuple[str, ...] = ()
    values: tuple[float | None, ...] = ()
    lows: tuple[float | None, ...] = ()
    highs: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Drift:
    """Every input that is watched, those in alarm first; episodes: alarms of the last year, open or not."""

    inputs: tuple[Input, ...]
    episodes: tuple[tuple[str, str], ...] = ()  # words, first day
    past: int = 0
    needed: int = 26


@dataclass(frozen=True)
class Suggestion:
    """What to do next, and why, in a sentence a marketer understands."""

    step: Step
    reason: str


@dataclass(frozen=True)
class Acted:
    """A new bake-off was run: what it proposes, and whether a lower rung would now do."""

    bakeoff: int
    decided: str
    proposed: str
    compared: Literal["lower", "same", "higher", "other"]
    sentence: str


@dataclass(frozen=True)
class Watched:
    """Everything the watch found as of a day."""

    question: str
    words: str
    now: str
    horizon: int
    alarms_per_year: float
    figures: tuple[Figure, ...]
    suggestion: Suggestion
    realised: Realised
    drift: Drift
    alarms: tuple[Alarm, ...] = ()
    batch: tuple[Trouble, ...] = ()  # what is odd about the newest rows
    acted: Acted | None = None
    ahead: str = ""  # the horizon in words, as the question counts it

    @property
    def exit_code(self) -> int:
        """0 where all is quiet, 1 where there is an alarm."""
        return 1 if self.alarms else 0


def to_json(watched: Watched) -> dict[str, Any]:
    """Everything as one JSON object; the same input gives the same bytes, so no clock time is in it."""
    found: dict[str, Any] = _plain(asdict(watched))
    return {**found, "exit_code": watched.exit_code}


def _plain(value: Any) -> Any:
    """Lists for tuples, and figures without the noise of their last digits."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.9g}") if abs(value) < float("inf") else None
    return value
