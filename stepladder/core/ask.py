"""The question as the business asks it: what is asked, how far ahead, and when an answer is good enough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer

# what a rung's answers depend on; the rest says where things are, and what comes of the answers
ANSWERED = ("question", "horizon", "settings", "seed", "memory_mb", "engine")
FIRST, LAST = date(1900, 1, 1), date(2200, 12, 31)  # days beyond these are slips, and break sums
TOLERANCE = 0.10  # of the gain
MOST = 1e15  # of an amount of money, or of a figure
DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
UPKEEP_HOURS = {0: 200.0, 1: 2.0, 2: 4.0, 3: 8.0, 4: 40.0, 5: 80.0}


def days(value: object) -> object:
    """Read "13 weeks" as 91; a plain number is a number of days."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+)\s*(day|week|month|quarter|year)s?\s*", value)
    if not match:
        raise ValueError('write a number of days, or words such as "13 weeks"')
    return int(match[1]) * DAYS[match[2]]


def so_long(count: int) -> str:
    """A length of time, of so many days: 13 weeks, 45 days."""
    if count % 7 == 0 and count >= 14:
        return f"{count // 7} weeks"
    return f"{count} day{'s' * (count != 1)}"


def share(value: object) -> object:
    """Read "10 %" as 0.10; a plain number is a share, also in quotes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d{1,2}|\.\d+)?)\s*%\s*", value)
    if match:
        return float(match[1].replace(",", ".")) / 100
    if re.fullmatch(r"\s*[01]?\.\d+\s*", value) and float(value) <= 1:
        return float(value)
    raise ValueError('write a share such as 0.10, or "10 %"')


class Part(BaseModel):
    """A part of the question; unknown keys and changes are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Settings(Part):
    """A question's own settings: [<question>] of question.toml. Its scalars are columns of `ask`.

    A field that is a Part itself is a section of its own, such as [prices]. MOVED: where a key stood in
    older files -> where it stands now, "" for this section itself. FOUND: keys that say what the data are
    like, and are no rules of the business's.
    """

    MOVED: ClassVar[Mapping[str, str]] = {}
    FOUND: ClassVar[tuple[str, ...]] = ()

    def ahead(self, horizon: int) -> str:
        """A horizon of so many days as people say it; a question that counts otherwise says its own."""
        return so_long(horizon)

    @property
    def scalars(self) -> dict[str, bool | int | float | str | None]:
        """What SQL sees of them, in the table `ask`."""
        plain = (bool, int, float, str, type(None))
        found = {name: getattr(self, name) for name in type(self).model_fields}
        own = {name: value for name, value in found.items() if name not in self.sections()}
        return {name: value for name, value in own.items() if isinstance(value, plain)}

    @classmethod
    def sections(cls) -> list[str]:
        """The fields that are sections of their own."""
        return [name for name, field in cls.model_fields.items() if parts(field.annotation)]


def parts(kind: Any) -> list[type[Part]]:
    """The Part that a field of this kind holds, if it does: X, X | None, dict[str, X]."""
    found = [kind, *get_args(kind)]
    return [each for each in found if isinstance(each, type) and issubclass(each, Part)]


class Costs(Part):
    """What running a rung costs: stated assumptions, shown beside every figure made of them.

    hour_price: what an hour of somebody's work costs, to reckon what keeping a rung costs. machine_hour:
    what an hour of a machine costs.
    """

    hour_price: float = Field(default=80.0, ge=0, le=MOST)
    machine_hour: float = Field(default=0.10, ge=0, le=MOST)
    upkeep_hours: dict[int, Annotated[float, Field(ge=0, le=8784)]] = Field(default_factory=dict)

    @field_serializer("upkeep_hours")
    def _heights(self, hours: dict[int, float]) -> dict[str, float]:
        return {str(height): each for height, each in hours.items()}  # as TOML and JSON have keys

    def upkeep(self, height: int) -> float:
        """Hours a year somebody spends keeping a rung of this height alive."""
        return self.upkeep_hours.get(height, UPKEEP_HOURS.get(height, 80.0))


Days = Annotated[int, BeforeValidator(days), Field(ge=1, le=3660)]
Day = Annotated[date, Field(ge=FIRST, le=LAST)]
Figure = Annotated[float, Field(ge=-MOST, le=MOST)]
Mature = Annotated[
    int, BeforeValidator(days), Field(ge=0, le=3660)
]  # of a question with late labels


class Nightly(Part):
    """How what was decided runs by itself.

    refit: days after which the rung learns anew. stale_after: how old the data may be, by the clock,
    before the run stops: else everybody would look lost. publish: where the predictions go besides
    published/, a table by URL (duckdb:///…?table=…, sqlite:///…?table=…, postgresql://…?table=…).
    retries: how often a step that failed is tried again in a run. shrink: which share of the cases, or of
    those with an answer, may go from one publishing to the next. jump: by which factor the average
    forecast may change. lost: which share of the rows read last night may be gone, or say something else,
    tonight. window: the source keeps so many days only; what is older may go.
    """

    refit: Days = 7
    stale_after: Days = 3
    publish: tuple[str, ...] = ()
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    shrink: Annotated[float, BeforeValidator(share), Field(ge=0, le=1)] = 0.2
    jump: Annotated[float, Field(gt=1, le=1000)] = 2.0
    lost: Annotated[float, BeforeValidator(share), Field(ge=0, le=1)] = 0.02
    window: Days | None = None


class Indicator(Part):
    """A figure the business steers by (KPI) or fears (KRI): one number from one SELECT.

    sql sees what a rung sees: the question's tables and the one-row table `ask`. target: where the
    figure should be. limit: beyond it somebody must be told. better: which way is good.
    """

    sql: str
    words: str = ""
    target: Figure | None = None
    limit: Figure | None = None
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""


class Watch(Part):
    """How alert the watch is: so many false alarms a year it may raise over all its tests together."""

    alarms_per_year: Annotated[float, Field(gt=0, le=52)] = 0.8


class Source(Part):
    """Where a table comes from, the cleaned version in use, and every choice the cleaner made."""

    source: str
    cleaned: str
    choices: dict[str, Any] = Field(default_factory=dict)


class Ask(Part):
    """What the business asks: of which tables, how far ahead, and when an answer is good enough.

    good_enough: the share of the best rung's gain that a simpler one may give up, such as 10 %.
    good_enough_money: the same as an amount a year.
    """

    question: str
    words: str = ""
    horizon: Annotated[int, BeforeValidator(days), Field(ge=1, le=3660)]
    now: Day | None = None
    cutoffs: tuple[Day, ...] = ()
    good_enough: Annotated[float, BeforeValidator(share), Field(gt=0, lt=1)] | None = None
    good_enough_money: Annotated[float, Field(gt=0, le=MOST)] | None = None
    costs: Costs = Costs()
    settings: Any = Field(default_factory=Settings)  # the question's own, of its own class
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    time_box: Annotated[int, Field(ge=1, le=31 * 86_400)] = 600
    sample: Annotated[int, Field(ge=100, le=1_000_000_000)] = 200_000
    memory_mb: Annotated[int, Field(ge=200, le=100_000_000)] = 4000
    record: str = "sqlite:///stepladder.db"
    tables: dict[str, Source] = Field(default_factory=dict)
    nightly: Nightly = Nightly()
    watch: Watch = Watch()
    kpis: dict[str, Indicator] = Field(default_factory=dict)
    kris: dict[str, Indicator] = Field(default_factory=dict)
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: str = "local[*]"

    @property
    def ahead(self) -> str:
        """How far ahead is asked, as the question counts it: 13 weeks, 12 months."""
        return str(self.settings.ahead(self.horizon))

    @property
    def tolerance(self) -> float:
        """The share of the best rung's gain that a simpler one may give up: a tenth where nothing is said."""
        return TOLERANCE if self.good_enough is None else self.good_enough

    @property
    def known_after(self) -> int:
        """Days until what comes of somebody asked about today is known.

        A question whose labels come late has a setting `mature`: so many days more, the same for every
        case, so that quick answers are not scored before slow ones.
        """
        return self.horizon + int(getattr(self.settings, "mature", 0))

    @property
    def for_answers(self) -> Ask:
        """The part that answers depend on; everything else as usual, and nothing of the record."""
        return Ask(record="", **{name: getattr(self, name) for name in ANSWERED})
