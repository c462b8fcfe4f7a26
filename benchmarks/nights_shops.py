"""Honest shops for the study of nights: what their sources hold on each of 365 nights, from a stated prior.

A shop's whole life is drawn at once: each row with the night on which it first stands in the source, the
one from which it says something else, and the one on which it is gone. A night's tables are then a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa
from nights_catalogue import Catalogue, catalogue, sold
from nights_pace import holidays, pace

from stepladder.core.ask import Ask
from stepladder.questions import question_toml

NIGHTS = 365
NEVER = 1 << 30
PRIOR = """\
half retention, half recommend; 4 to 500 rows on a usual day (log-uniform); 60 to 900 days of history
before the year of nights; a year's growth × .6 to × 2; weekday and yearly seasons, Christmas, Black Friday
× 1.5 to 5, campaigns; closed Sundays in .35, fixed and moving holidays (closed or quiet), two weeks of
August closed in .08, up to two days a year without a row; retention: shops .6, B2B with 40 to 90 % of rows
posted on a month's last day .2, subscriptions that renew monthly .2; a price rise of 2 to 12 % a year;
values missing in up to 8 % of rows of one shop in four; 0 to 5 % of a day's rows 1 to 5 nights late; 0 to
2 % cancelled and 0 to 1 % corrected within 30 nights; 0 to 6 persons a year erased; .3 rolling exports of
90 to 730 days, declared, by the day or by whole months; catalogues of 60 to 3,000 items: launches,
delistings (rows leave in half of them), a change of season of 3 to 6 % in one night twice a year in .2,
titles, categories and prices that change; ids are numbers or texts; rows stand by time or as they arrived"""
START = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True)
class Shop:
    """One honest source: every row it ever holds, in its order, and on which nights it holds it."""

    number: int
    kind: str
    ask: Ask
    begin: date
    first_night: int  # nights are counted in days since `begin`; a night knows the days before it
    usual: float  # rows on a usual day
    months: bool  # whether a rolling export drops whole months
    rows: pa.Table
    day: np.ndarray
    arrives: np.ndarray
    gone: np.ndarray
    mends: np.ndarray
    mended: np.ndarray
    items: Catalogue | None

    @property
    def main(self) -> str:
        """The table with time."""
        return "interactions" if self.items else "purchases"

    def tables(self, night: int) -> dict[str, pa.Table]:
        """The clean tables of a night."""
        keep = (self.arrives <= night) & (self.gone > night) & (self.day >= self._oldest(night))
        keep &= self.day < night
        value = np.where(self.mends <= night, self.mended, self._value)[keep]
        found = self.rows.filter(pa.array(keep))
        at = found.column_names.index("value")
        found = found.set_column(at, "value", pa.array(value, from_pandas=True))
        found = found.append_column("row", pa.array(np.arange(1, found.num_rows + 1)))
        items = {"items": self.items.table(night)} if self.items else {}
        return {self.main: found, **items}

    @cached_property
    def _value(self) -> np.ndarray:
        return self.rows["value"].to_numpy(zero_copy_only=False)

    def _oldest(self, night: int) -> int:
        if self.ask.nightly.window is None:
            return -1
        oldest = night - self.ask.nightly.window
        if self.months:
            oldest -= (self.begin + timedelta(days=oldest)).day - 1
        return oldest


def draw(seed: int, number: int, question: str = "", usual: tuple[float, float] = (4, 500)) -> Shop:
    """The shop of that number under the prior."""
    rng = np.random.default_rng([seed, number])
    question = question or ("retention", "recommend")[number % 2]
    kinds = ("shop", "b2b", "subscription") if question == "retention" else ("shop",)
    kind = str(rng.choice(kinds, p=(0.6, 0.2, 0.2)[: len(kinds)] if len(kinds) > 1 else None))
    rows = float(np.exp(rng.uniform(*np.log(usual))))
    begin = date(2018, 1, 1) + timedelta(days=int(rng.integers(700)))
    before = int(rng.uniform(60, 900))
    days = before + NIGHTS
    window = int(rng.choice((90, 180, 365, 730))) if rng.random() < 0.3 else None
    daily = pace(rng, begin, days, kind) * rows
    when = _subscribed(rng, daily) if kind == "subscription" else _bought(rng, daily)
    who = _whose(rng, kind, when, rows)
    items = catalogue(rng, days, before) if question == "recommend" else None
    return _shop(
        rng, number, kind, _ask(rng, question, window), begin, before, rows, when, who, items
    )


def _ask(rng: np.random.Generator, question: str, window: int | None) -> Ask:
    text = f'question = "{question}"\nhorizon = 28\n'
    if question == "recommend":
        text += "[recommend]\nk = 10\nmin_support = 3\n"
        text += 'exclude = { category = ["Tea"] }\n' * int(rng.random() < 0.7)
    return question_toml.parse(text + (f"[nightly]\nwindow = {window}\n" if window else ""))


def _bought(rng: np.random.Generator, daily: np.ndarray) -> np.ndarray:
    """The day of every row, in order."""
    return np.repeat(np.arange(len(daily)), rng.poisson(daily))


def _subscribed(rng: np.random.Generator, daily: np.ndarray) -> np.ndarray:
    """The same of subscribers, whose renewals come monthly: `pace` is that of those who begin."""
    months = rng.uniform(3, 20)
    begins = np.repeat(np.arange(len(daily)), rng.poisson(daily / months))
    begins = np.concatenate([rng.integers(0, 30, int(daily[:30].sum() * 0.8)), begins])
    stay = rng.geometric(1 / months, len(begins))
    nth = np.arange(stay.sum()) - np.repeat(np.cumsum(stay) - stay, stay)
    when = np.repeat(begins, stay) + np.round(nth * 30.44).astype(int)
    return (
        when[when < len(daily)] * 1.0
        + np.repeat(np.arange(len(begins)), stay)[when < len(daily)] * 1e-7
    )


def _whose(rng: np.random.Generator, kind: str, when: np.ndarray, rows: float) -> np.ndarray:
    """Which customer each row is of: mostly those who came of late, some who always came."""
    if kind == "subscription":
        return np.round((when % 1) * 1e7).astype(int)
    first = 12 + int(rows) if kind == "b2b" else 30 + int(rows * 20)
    new = rng.random(len(when)) < (0.01 if kind == "b2b" else rng.uniform(0.1, 0.5))
    there = first + np.cumsum(new)
    lately = there - 1 - np.floor(there * rng.random(len(when)) ** rng.uniform(1, 4))
    loyal = np.floor(there * rng.random(len(when)))
    old = np.where(rng.random(len(when)) < 0.3, loyal, lately)
    return np.where(new, there - 1, old).astype(int)


def _shop(rng, number, kind, ask, begin, before, usual, when, who, items) -> Shop:
    day = np.floor(when).astype(int)
    order = np.argsort(day, kind="stable")
    day, who = day[order], who[order]
    columns = {"customer" if items is None else "person": _ids(rng, who, "C-")}
    if items is None:
        columns["day"] = pa.array(np.datetime64(begin, "D") + day, pa.date32())
        value = _money(rng, kind, day, who, before)
    else:
        what = sold(rng, items, day)
        clock = np.clip(rng.normal(15, 4, len(day)) * 3600, 0, 86_399).astype(int)
        time = (np.datetime64(begin, "D") + day).astype("datetime64[s]") + clock
        columns |= {
            "item": items.ids.take(pa.array(what)),
            "time": pa.array(time, pa.timestamp("us")),
        }
        value = rng.integers(1, 6, len(day)) * 1.0
    rows = pa.table({**columns, "value": pa.array(value, from_pandas=True)})
    later = _later(rng, day, who, before, kind)
    arrived = np.lexsort((later[0],)) if rng.random() < 0.5 else np.arange(len(day))
    once = _once(day, who, value, arrived) if items is None else arrived
    changed = (
        value * rng.uniform(0.5, 0.95) if items is None else rng.integers(1, 6, len(day)) * 1.0
    )
    return Shop(
        number, kind, ask, begin, before + 1, usual, bool(rng.random() < 0.5), rows.take(pa.array(once)),
        day[once], *(each[once] for each in later), np.round(changed, 2)[once], items,
    )  # fmt: skip


def _ids(rng: np.random.Generator, who: np.ndarray, prefix: str) -> pa.Array:
    if rng.random() < 0.6:
        return pa.array(who + 10_001)
    names = pa.array([f"{prefix}{n:05}" for n in range(int(who.max(initial=0)) + 1)])
    return names.take(pa.array(who))


def _money(
    rng: np.random.Generator, kind: str, day: np.ndarray, who: np.ndarray, before: int
) -> np.ndarray:
    """Values with a price rise a year, some of them missing."""
    rise = 1 + rng.uniform(0.02, 0.12) * ((day + rng.integers(365)) // 365)
    if kind == "subscription":
        value = rng.choice((9.99, 19.99, 49.0), int(who.max(initial=0)) + 1)[who] * rise
    else:
        value = np.exp(rng.normal(rng.uniform(2.5, 5), rng.uniform(0.4, 1.2), len(day))) * rise
    missing = rng.uniform(0, 0.08) * (rng.random() < 0.25)
    return np.where(rng.random(len(day)) < missing, np.nan, np.round(value, 2))


def _later(
    rng: np.random.Generator, day: np.ndarray, who: np.ndarray, before: int, kind: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When each row arrives, is gone, and says something else."""
    n = len(day)
    late = (rng.random(n) < rng.uniform(0, 0.05)) * rng.integers(1, 6, n)
    arrives = day + 1 + late
    after = arrives + np.minimum(rng.geometric(0.15, n), 30)
    cancelled = rng.random(n) < rng.uniform(0, 0.02)
    gone = np.where(cancelled, after, NEVER)
    mends = np.where(rng.random(n) < rng.uniform(0, 0.01), after, NEVER)
    for _ in range(rng.poisson(rng.uniform(0, 6)) if kind != "b2b" and n else 0):
        erased = who == who[rng.integers(n)]
        gone[erased] = np.minimum(gone[erased], before + rng.integers(1, NIGHTS))
    return arrives, gone, mends


def _once(day: np.ndarray, who: np.ndarray, value: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The cleaner keeps one of the rows that are alike in everything."""
    alike = np.column_stack([who, day, np.nan_to_num(value, nan=-1)])[order]
    _, first = np.unique(alike, axis=0, return_index=True)
    return order[np.sort(first)]


__all__ = ["NEVER", "NIGHTS", "PRIOR", "Shop", "draw", "holidays"]
