"""What stored predictions were worth, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """Something that could not be looked at, in three parts; it stands in its place on the page."""

    given: str
    allowed: str
    remedy: str


@dataclass(frozen=True)
class Judgement:
    """Predictions against what came: mean loss per case beside the reference's, each with its interval.

    gain: the share of the reference's loss that the rung saved, None where the rung is the reference.
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
