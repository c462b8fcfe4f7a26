"""The question as the business wrote it: `question.toml`, read with the friendliest errors of the product."""

from __future__ import annotations

import difflib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from stepladder.core.errors import Problem

# what a rung's answers depend on; the rest says where things are, and what comes of the answers
ANSWERED = ("question", "horizon", "prices", "k", "rules", "seed", "memory_mb", "engine")
DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
PASSWORD = re.compile(r"://[^/?#@:]*:[^/?#]+@|://.*[?&](?:password|pass|pwd)=[^&#]", re.I)
UPKEEP_HOURS = {0: 200.0, 1: 2.0, 2: 4.0, 3: 8.0, 4: 40.0, 5: 80.0}


def days(value: object) -> object:
    """Read "13 weeks" as 91; a plain number is a number of days."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+)\s*(day|week|month|quarter|year)s?\s*", value)
    if not match:
        raise ValueError('write a number of days, or words such as "13 weeks"')
    return int(match[1]) * DAYS[match[2]]


def share(value: object) -> object:
    """Read "10 %" as 0.10; a plain number is a share."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)
    if not match:
        raise ValueError('write a share such as 0.10, or "10 %"')
    return float(match[1]) / 100


class Part(BaseModel):
    """A part of the question; unknown keys and changes are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Prices(Part):
    """What acting on a customer earns and costs: act if predicted value × margin > cost."""

    margin: float = Field(gt=0, le=1)
    cost: float = Field(gt=0)
    currency: str = ""


class Costs(Part):
    """What running a rung costs: stated assumptions, shown beside every figure made of them."""

    hour_price: float = Field(default=80.0, ge=0)
    machine_hour: float = Field(default=0.10, ge=0)
    upkeep_hours: dict[int, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)

    def upkeep(self, height: int) -> float:
        """Hours a year somebody spends keeping a rung of this height alive."""
        return self.upkeep_hours.get(height, UPKEEP_HOURS.get(height, 80.0))


Value = str | int | float


class Rules(Part):
    """What may be shown at all: settings of the business, the same for every rung.

    min_support: persons who must have taken an item before it is shown to others. already_seen: whether
    what somebody has may be shown again. liked: the least value that counts as liking. exclude, include:
    by any column of the items. at_most: so many items of one kind in a list, by column.
    """

    min_support: Annotated[int, Field(ge=1)] = 5
    already_seen: bool = False
    liked: float | None = None
    exclude: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    include: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    at_most: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


Days = Annotated[int, BeforeValidator(days), Field(ge=1)]


class Nightly(Part):
    """How what was decided runs by itself.

    refit: days after which the rung learns anew. stale_after: how old the data may be, by the clock,
    before the run stops: else everybody would look lost. publish: where the predictions go besides
    published/, a table by URL (duckdb:///…?table=…, sqlite:///…?table=…, postgresql://…?table=…).
    retries: how often a step that failed is tried again in a run.
    """

    refit: Days = 7
    stale_after: Days = 3
    publish: tuple[str, ...] = ()
    retries: Annotated[int, Field(ge=0, le=10)] = 2


class Indicator(Part):
    """A figure the business steers by (KPI) or fears (KRI): one number from one SELECT.

    sql sees what a rung sees: the question's tables and the one-row table `ask`. target: where the
    figure should be. limit: beyond it somebody must be told. better: which way is good.
    """

    sql: str
    words: str = ""
    target: float | None = None
    limit: float | None = None
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
    """What the business asks: of which tables, how far ahead, and when an answer is good enough."""

    question: str
    words: str = ""
    horizon: Annotated[int, BeforeValidator(days), Field(ge=1, le=3660)]
    now: date | None = None
    cutoffs: tuple[date, ...] = ()
    good_enough: Annotated[float, BeforeValidator(share), Field(gt=0, lt=1)] = 0.10
    good_enough_money: Annotated[float | None, Field(gt=0)] = None
    prices: Prices | None = None
    costs: Costs = Costs()
    k: Annotated[int, Field(ge=1, le=1000)] = 10
    rules: Rules = Rules()
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    time_box: Annotated[int, Field(ge=1)] = 600
    memory_mb: Annotated[int, Field(ge=200)] = 4000
    record: str = "sqlite:///stepladder.db"
    tables: dict[str, Source] = Field(default_factory=dict)
    nightly: Nightly = Nightly()
    watch: Watch = Watch()
    kpis: dict[str, Indicator] = Field(default_factory=dict)
    kris: dict[str, Indicator] = Field(default_factory=dict)
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: str = "local[*]"

    @property
    def list_length(self) -> int:
        """How many items a rung lists for each person: more than k where a rule thins the list out."""
        return self.k * 10 if self.rules.at_most else self.k

    @property
    def for_answers(self) -> Ask:
        """The part that answers depend on; everything else as usual."""
        return Ask(**{name: getattr(self, name) for name in ANSWERED})


def load(path: Path) -> Ask:
    """Read question.toml. Raises Problem with the line and the key that need mending."""
    return parse(read(path), path.name)


def read(path: Path) -> str:
    """The text of question.toml. Raises Problem where there is none, or it is not UTF-8."""
    if not path.is_file():
        raise Problem(
            f"there is no {path.name} in {path.parent.resolve()}",
            "the verbs bakeoff, report, decide and predict work inside a project's folder",
            "go to the folder, name it with --project, or make one: stepladder new retention --from FILE",
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise Problem(
            f"{path.name}, line {line}: this is not UTF-8",
            "TOML is always written in UTF-8",
            "save the file again as UTF-8, and run again",
        ) from None


def parse(text: str, name: str = "question.toml") -> Ask:
    """Check the text of a question.toml and return the question."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(
            f"{name}: {error}",
            'TOML: one `key = value` a line, text in "quotes", [sections] in brackets',
            "mend that line and run again",
        ) from None
    try:
        ask = Ask.model_validate(_as_asked(raw))
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _problem(found[0], text, name) from None
    if ask.good_enough_money and not ask.prices:
        raise Problem(
            f"{name}: good_enough_money is set, but there are no [prices]",
            "an amount of money needs a margin and a cost",
            "add [prices] with margin and cost, or remove good_enough_money",
        )
    _refuse_passwords(ask, text, name)
    return ask


def _as_asked(raw: dict[str, Any]) -> dict[str, Any]:
    """TOML has lists where Ask has tuples, and texts where Ask has heights."""
    plain = {k: tuple(v) if k == "cutoffs" and isinstance(v, list) else v for k, v in raw.items()}
    costs = plain.get("costs")
    if isinstance(costs, dict) and isinstance(hours := costs.get("upkeep_hours"), dict):
        heights = {int(k) if k.isdecimal() else k: v for k, v in hours.items()}
        plain["costs"] = {**costs, "upkeep_hours": heights}
    rules = plain.get("rules")
    if isinstance(rules, dict):
        plain["rules"] = {key: _tuples(value) for key, value in rules.items()}
    if isinstance(nightly := plain.get("nightly"), dict):
        plain["nightly"] = _tuples(nightly)
    return plain


def _tuples(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}


def _refuse_passwords(ask: Ask, text: str, name: str) -> None:
    """Whatever stands in question.toml is shared, and copied into every record and report."""
    addresses = {f"tables.{table}.source": source.source for table, source in ask.tables.items()}
    places = {"nightly.publish": " ".join(ask.nightly.publish), "record": ask.record}
    for key, address in {**addresses, **places}.items():
        if PASSWORD.search(address):
            raise Problem(
                f"{name}, line {_line(text, key.split('.'))}: key `{key}` has a password in it",
                "passwords come from the environment, never from a file that is shared and recorded",
                "take it out and set PGPASSWORD",
            )


def _problem(error: Any, text: str, name: str) -> Problem:
    keys = [str(k) for k in error["loc"]]
    key = ".".join(keys)
    where = f"{name}, line {_line(text, keys)}: key `{key}`"
    if error["type"] == "extra_forbidden":
        known = _fields(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, 1)
        hint = f"did you mean `{near[0]}`? else" if near else "correct its name, or"
        return Problem(
            f"{where} is not known", f"known here: {', '.join(known)}", f"{hint} remove it"
        )
    if error["type"] == "missing":
        return Problem(
            f"{name}: key `{key}` is missing", "it must be there", f"add a line `{keys[-1]} = …`"
        )
    given = error.get("input")
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "model_type":
        said = f"it is a section: [{key}], and below it {', '.join(_fields(keys))}"
    return Problem(f"{where} is {given!r}", said, "correct the value and run again")


def _fields(keys: list[str]) -> list[str]:
    part: type[BaseModel] = Ask
    for key, kind in (
        ("prices", Prices),
        ("costs", Costs),
        ("rules", Rules),
        ("tables", Source),
        ("nightly", Nightly),
        ("watch", Watch),
        ("kpis", Indicator),
        ("kris", Indicator),
    ):
        if keys[:1] == [key]:
            part = kind
    return list(part.model_fields)


def _line(text: str, keys: list[str]) -> int:
    """The line where the key stands; its section's, or the first, where it is not found."""
    section, best = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[+([^\]]+)\]", line):
            section = match[1].strip()
        full = ".".join(
            [section] * bool(section) + [re.split(r"\s*=", line.strip())[0].strip("\"'")]
        )
        if full == ".".join(keys):
            return number
        if section == ".".join(keys[:-1]) and section:
            best = best if best > 1 else number
    return best
