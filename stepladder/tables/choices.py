"""What was chosen about reading a table."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from stepladder.core.errors import Problem
from stepladder.tables.series.said import check

if TYPE_CHECKING:  # which imports numpy
    from stepladder.core.periods import Every

CLEANER = 3  # what a choice meant may change; a project keeps the version that it began with
INTEGER, NUMBER, TEXT = TYPES = ("integer", "number", "text")
CLOCK = r"[+-]\d\d:\d\d"
DAY_ORDERS = ("day first", "month first", "mixed", "clear")

ALLOWED: dict[str, tuple[Any, ...]] = {
    "decimal": (".", ","),
    "duplicates": ("drop", "keep"),
    "refunds": ("drop", "keep"),
    "time": ("column", "random"),
    "strangers": ("aside", "keep"),
    "value_per": ("row", "order", None),
    "gaps": ("zero", "unknown", None),
    "added": (True, False, None),
    "wide": ("series", "periods", "no", None),
}


@dataclass(frozen=True)
class Choices:
    """Every choice of the cleaner, frozen, so that a later run asks nothing and guesses nothing.

    `columns` maps a canonical name to a source column, or to two joined by `*` (a product).
    `header` is the line number of the header, 0 if the file has none; `day_order` is one of
    DAY_ORDERS; rows after `today` are dropped as future rows. `time` is "random" where there is
    none and every row is given a day by chance; `rest` keeps the other columns too.

    `version` is the cleaner's when these were made. `beside` maps what a column beside the question's
    own says (an order's number, a status …) to it. With several currencies only amounts in `currency`
    count, or those with a rate in `rates` (so much of `currency` for one). Rows outside of `from_day`
    to `to_day` are set aside; without them, days far from all others. `strangers`: ids that stand
    for nobody in particular, such as guests. `value_per`: whether the money on a row is its own or the
    whole order's, which then counts once; None where it is taken as the row's.

    `types` is what the values of each id, and of each column beside the question's own, were found to
    be (TYPES); what is not there yet is found from the first values that come. `clock` is how far from
    Greenwich the clock hung whose days these are, such as "+01:00" and, in summer, "+02:00".

    `only` maps columns of the source to the value, or values, of the rows that count.

    Of series: `by` are the columns that make one, from the largest groups down; `every` is its period
    (core/periods), and weeks begin on `week_starts`, 1 is Monday. `added`: the rows of one series and
    period are added up; else there is one at most. `gaps`: what a period without a row is, None where
    nobody said. Of `top` series with the largest totals all are kept that reach `least`, now and later.
    `wide` says whether the source has a column a series or a column a period, and `wide_by` which of its
    columns are neither; `numbered` is the column that counts periods 1, 2, 3 …, of which those after
    `to_number` are set aside.
    """

    columns: Mapping[str, str]
    encoding: str | None = None
    separator: str | None = None
    header: int = 1
    decimal: Literal[".", ","] = "."
    day_order: str = "clear"
    duplicates: Literal["drop", "keep"] = "drop"
    refunds: Literal["drop", "keep"] = "drop"
    today: date = field(default_factory=date.today)
    time: Literal["column", "random"] = "column"
    rest: bool = False
    version: int = CLEANER
    beside: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    from_day: date | None = None
    to_day: date | None = None
    strangers: Literal["aside", "keep"] = "aside"
    sheet: str | None = None  # of a workbook with several
    value_per: Literal["row", "order"] | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    clock: Sequence[str] = ()
    by: Sequence[str] = ()
    every: Every | None = None
    week_starts: int = 1
    added: bool | None = None
    gaps: Literal["zero", "unknown"] | None = None
    top: int | None = None
    least: float | None = None
    only: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    wide: Literal["series", "periods", "no"] | None = None
    wide_by: Sequence[str] = ()
    numbered: str | None = None
    to_number: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is not among the choices: one is as good as another to whoever types it."""
        for name, allowed in ALLOWED.items():
            given = getattr(self, name)
            if given not in allowed:
                raise Problem(
                    f"{name} is {given!r}",
                    f"it is one of: {' '.join(map(repr, allowed))}",
                    "give one of these",
                )
        _check_types(self)
        _check_days(self)
        _check_currencies(self)
        check(self)
        _check_shape(self)

    def to_dict(self) -> dict[str, Any]:
        """The choices as plain values for TOML or JSON; what was not needed is left out."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain |= {name: dict(plain[name]) for name in ("columns", "beside", "rates", "types")}
        plain |= {name: list(plain[name]) for name in ("clock", "by", "wide_by")}
        plain["only"] = {name: one if isinstance(one, str) else list(one)
                          for name, one in self.only.items()}  # fmt: skip
        days = {name: plain[name] for name in _DAYS if plain[name]}
        plain |= {name: day.isoformat() for name, day in days.items()}
        return {k: v for k, v in plain.items() if v is not None and _USUAL.get(k) != v}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Choices:
        """The choices from plain values, as `to_dict` writes them; without a version they are the first's."""
        values = {"version": 1, **plain}
        for name in _DAYS:
            if isinstance(values.get(name), str):
                values[name] = date.fromisoformat(values[name])
        lists = ("clock", "by", "wide_by")
        values |= {name: tuple(values[name]) for name in lists if name in values}
        return cls(**values)


_DAYS = ("today", "from_day", "to_day")
_USUAL: dict[str, Any] = {
    "time": "column",
    "rest": False,
    "beside": {},
    "rates": {},
    "strangers": "aside",
    "types": {},
    "clock": [],
    "by": [],
    "week_starts": 1,
    "only": {},
    "wide_by": [],
}


def _check_types(choices: Choices) -> None:
    for name, given in choices.types.items():
        if given not in TYPES:
            raise Problem(
                f"the type of {name} is {given!r}",
                f"it is one of: {' '.join(map(repr, TYPES))}",
                "give one of these, or have it found anew: stepladder refresh --relearn",
            )
    for one in choices.clock:
        if not isinstance(one, str) or not re.fullmatch(CLOCK, one):
            raise Problem(
                f"clock has {one!r}",
                "it says how far from Greenwich a clock hung, such as +01:00",
                "correct it, or have it found anew: stepladder refresh --relearn",
            )


def _check_days(choices: Choices) -> None:
    for name in ("from_day", "to_day"):
        day = getattr(choices, name)
        if not isinstance(day, date | None):
            raise Problem(
                f"{name} is {day!r}",
                "it is a day, as date(2024, 6, 1), or 2024-06-01 where it is typed",
                f"e.g. --{name.replace('_', '-')} 2024-06-01",
            )
    if choices.from_day and choices.to_day and choices.from_day > choices.to_day:
        raise Problem(
            f"the days wanted are from {choices.from_day} to {choices.to_day}",
            "the first of them is not after the last",
            "give --from-day and --to-day the other way round, or one of them",
        )


def _check_shape(choices: Choices) -> None:
    for name, wanted in choices.only.items():
        values = [wanted] if isinstance(wanted, str) else wanted
        texts = isinstance(values, list | tuple) and all(isinstance(one, str) for one in values)
        if not (texts and values):
            raise Problem(
                f"only has {wanted!r} for the column {name!r}",
                "it is the value of the rows that count, or a list of such, each a text",
                "e.g. --only period=MONTHLY",
            )
    last = choices.to_number
    if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 0):
        raise Problem(
            f"to_number is {last!r}",
            "it is the number of the last period that counts, a whole number from 0 on",
            "give one, or a day where the table has dates",
        )


def _check_currencies(choices: Choices) -> None:
    named = [*choices.rates, *([] if choices.currency is None else [choices.currency])]
    for name in named:
        if not _is_currency(name):
            raise Problem(
                f"the currency {name!r}",
                "a currency is named in capitals by the three letters of ISO 4217, such as EUR, by its "
                "sign, or as the table has it",
                _did_you_mean(name),
            )
    for name, rate in choices.rates.items():
        number = isinstance(rate, int | float) and not isinstance(rate, bool)
        if not (number and 0 < rate < math.inf):
            raise Problem(
                f"the rate of {name} is {rate!r}",
                "a rate is a number above zero: so much of --currency for one of it",
                f"e.g. --currency EUR --rate {name}=0.9",
            )
    if choices.rates and choices.currency is None:
        first = next(iter(choices.rates))
        raise Problem(
            f"a rate is given for {first}, and nothing says into which currency",
            "rates are of one currency, in which everything is counted",
            f"name it, e.g. --currency EUR --rate {first}={choices.rates[first]}",
        )


def _did_you_mean(name: object) -> str:
    from stepladder.tables.amounts.currencies import nearest_code

    near = nearest_code(str(name))
    return f"Did you mean {near}?" if near else "e.g. --currency EUR, or --currency €"


def _is_currency(name: object) -> bool:
    """Codes, signs, and what columns of currencies say instead, such as KR, which several have."""
    if not isinstance(name, str) or name != name.upper():
        return False
    if any(unicodedata.category(letter) == "Sc" for letter in name):
        return len(name) <= 5
    return 2 <= len(name) <= 3 and name.isalpha()
