"""What goes wrong with a source overnight, kind by kind, done to the clean tables of an honest night."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from nights_judged import days, time_of
from nights_shops import Shop

Tables = dict[str, pa.Table]


@dataclass(frozen=True)
class Ill:
    """A night to be spoilt: the shop, the night, and its honest tables."""

    shop: Shop
    night: int
    good: Tables
    rng: np.random.Generator

    @property
    def main(self) -> pa.Table:
        """The table with time."""
        return self.good[self.shop.main]

    def but(self, main: pa.Table) -> Tables:
        """The night's tables with another one with time, its rows numbered anew."""
        at = main.column_names.index("row")
        anew = main.set_column(at, "row", pa.array(np.arange(1, main.num_rows + 1)))
        return {**self.good, self.shop.main: anew}

    def where(self, keep: np.ndarray) -> Tables:
        """Some of the rows only."""
        return self.but(self.main.filter(pa.array(keep)))

    def drawn(self, share: float) -> np.ndarray:
        """A random share of the rows."""
        return self.rng.random(self.main.num_rows) < share

    @property
    def newest(self) -> np.ndarray:
        """The rows of the newest day."""
        return days(self.main) == days(self.main).max()

    @property
    def all(self) -> np.ndarray:
        """Every row."""
        return np.ones(self.main.num_rows, bool)


@dataclass(frozen=True)
class Severity:
    """One way and degree of going wrong; `right` where the rule does not say it: see RULE."""

    kind: str
    words: str
    spoil: Callable[[Ill], Tables]
    of: str = ""  # a question, where it can befall one only
    right: str = ""
    usual: float = 0.0  # rows on a usual day, without which nobody could see it
    ruled: bool = False  # whether it is a column that a rule names


def others(table: pa.Table, name: str, rows: np.ndarray, values: Any) -> pa.Table:
    """The table with other values of a column in some rows."""
    at, old = table.column_names.index(name), table[name].combine_chunks()
    new = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    if new.type != old.type and not pa.types.is_floating(old.type):
        old, new = old.cast(pa.string()), new.cast(pa.string())
    return table.set_column(at, name, pc.if_else(pa.array(rows), new, old))


def shrunk() -> Iterator[Severity]:
    """Rows that were there are gone."""

    def older(share: float) -> Callable[[Ill], Tables]:
        return lambda ill: ill.where(days(ill.main) >= np.quantile(days(ill.main), share))

    def gone(share: float) -> Callable[[Ill], Tables]:
        return lambda ill: ill.where(~ill.drawn(share))

    def only(n: int) -> Callable[[Ill], Tables]:
        return lambda ill: ill.where(np.arange(ill.main.num_rows) >= ill.main.num_rows - n)

    def group(ill: Ill) -> Tables:
        who = ill.main.column(0).cast(pa.string()).dictionary_encode().combine_chunks()
        return ill.where(who.indices.to_numpy() % 5 > 0)

    def month(ill: Ill) -> Tables:
        back = days(ill.main).max() - days(ill.main)
        first = int(ill.rng.integers(5, max(back.max() - 60, 6)))
        return ill.where((back < first) | (back >= first + 30))

    def weekday(ill: Ill) -> Tables:
        which = days(ill.main)[ill.rng.integers(ill.main.num_rows)] % 7
        return ill.where((days(ill.main) % 7 != which) | ill.newest)

    for share in (0.5, 0.9, 0.2):
        yield Severity("shrunk", f"the oldest {share:.0%} of history gone", older(share))
    for share in (0.4, 0.1, 0.03):
        yield Severity("shrunk", f"{share:.0%} of the rows gone at random", gone(share))
    yield Severity("shrunk", "the last 400 rows only", only(400))
    yield Severity("shrunk", "one customer in five gone", group)
    yield Severity("shrunk", "30 days gone", month)
    yield Severity("shrunk", "one day of the week gone", weekday)


def shifted() -> Iterator[Severity]:
    """Rows stand on other days than last night."""

    def by(how: Callable[[Ill, np.ndarray], np.ndarray]) -> Callable[[Ill], Tables]:
        def spoil(ill: Ill) -> Tables:
            name = time_of(ill.main)
            move = how(ill, days(ill.main)).astype("timedelta64[D]")
            time = ill.main[name].to_numpy() + move.astype(
                "timedelta64[us]" if name == "time" else move.dtype
            )
            moved = pa.array(
                time.astype("datetime64[D]") if name == "day" else time, ill.main[name].type
            )
            main = ill.main.set_column(ill.main.column_names.index(name), name, moved)
            return ill.but(main)

        return spoil

    def swapped(ill: Ill, day: np.ndarray) -> np.ndarray:
        found = day.astype("datetime64[D]").astype(object)
        last = day.max()
        move = [(date(d.year, d.day, d.month) - d).days if d.day <= 12 else 0 for d in found]
        return np.where(day + np.array(move) <= last, move, 0)

    for shift in (1, -1, -7, -365):
        yield Severity(
            "shifted", f"every date by {shift:+} days", by(lambda ill, day, n=shift: day * 0 + n)
        )
    yield Severity("shifted", "the last 30 days by one day",
                   by(lambda ill, day: -1 * (day > day.max() - 30)))  # fmt: skip
    yield Severity("shifted", "day and month swapped where both can be", by(swapped))
    for hours in (2, 10):
        yield Severity("shifted", f"times by {hours} hours, over midnight where it comes to that",
                       by(lambda ill, day, h=hours: -1 * ill.drawn(h / 24)))  # fmt: skip
    yield Severity(
        "shifted", "one row in ten a year back", by(lambda ill, day: -365 * ill.drawn(0.1))
    )


def rescaled() -> Iterator[Severity]:
    """Values in another unit."""

    def times(factor: float, rows: Callable[[Ill], np.ndarray]) -> Callable[[Ill], Tables]:
        def spoil(ill: Ill) -> Tables:
            value = np.round(ill.main["value"].to_numpy(zero_copy_only=False) * factor, 4)
            return ill.but(others(ill.main, "value", rows(ill), value))

        return spoil

    for factor in (100, 1000, 0.01):
        yield Severity(
            "rescaled", f"values × {factor:g} from tonight on", times(factor, lambda i: i.newest)
        )
        yield Severity(
            "rescaled", f"values × {factor:g} throughout", times(factor, lambda i: i.all)
        )
    yield Severity("rescaled", "values × 1.17 throughout", times(1.17, lambda i: i.all))
    yield Severity(
        "rescaled", "values × 100 in half of the rows", times(100, lambda i: i.drawn(0.5))
    )


def renamed() -> Iterator[Severity]:
    """Ids are written in another way."""

    def ids(write: Callable[[Any], Any], rows: Callable[[Ill], np.ndarray], column: int = 0):
        def spoil(ill: Ill) -> Tables:
            name = ill.main.column_names[column]
            texts = write(ill.main[name].combine_chunks().cast(pa.string()))
            return ill.but(others(ill.main, name, rows(ill), texts))

        return spoil

    def hashed(texts: pa.Array) -> pa.Array:
        return pa.array([hashlib.md5(text.encode()).hexdigest()[:10] for text in texts.to_pylist()])

    def of_orders(texts: pa.Array) -> pa.Array:
        return pa.array([f"O-{n}" for n in range(len(texts))])

    def swapped(ill: Ill) -> Tables:
        person, item = (ill.main[name] for name in ("person", "item"))
        return ill.but(ill.main.set_column(0, "person", item).set_column(1, "item", person))

    ways = {
        "padded": lambda t: pc.utf8_lpad(t, 14, "0"),
        "prefixed": lambda t: pc.binary_join_element_wise("EU", t, "-"),
        "made anew": hashed,
    }
    for words, write in ways.items():
        yield Severity("renamed", f"ids of customers {words}", ids(write, lambda i: i.all))
        yield Severity("renamed", f"ids of customers {words} from tonight on",
                       ids(write, lambda i: i.newest), usual=40)  # fmt: skip
    yield Severity("renamed", "ids of a third of the customers prefixed",
                   ids(ways["prefixed"], lambda i: i.drawn(0.33)))  # fmt: skip
    yield Severity("renamed", "order numbers for customers", ids(of_orders, lambda i: i.all))
    yield Severity(
        "renamed", "ids of items padded", ids(ways["padded"], lambda i: i.all, 1), "recommend"
    )
    yield Severity("renamed", "persons and items swapped", swapped, "recommend")


def doubled() -> Iterator[Severity]:
    """Rows stand in the source more than once, not alike enough for the cleaner to see it."""

    def again(rows: Callable[[Ill], np.ndarray], times: int = 1) -> Callable[[Ill], Tables]:
        def spoil(ill: Ill) -> Tables:
            some = ill.main.filter(pa.array(rows(ill)))
            return ill.but(
                pa.concat_tables([ill.main, *(_near(some, n + 1) for n in range(times))])
            )

        return spoil

    def back(first: int, last: int) -> Callable[[Ill], np.ndarray]:
        return lambda ill: (days(ill.main).max() - days(ill.main) >= first) & (
            days(ill.main).max() - days(ill.main) < last)  # fmt: skip

    yield Severity("doubled", "everything twice", again(lambda i: i.all))
    yield Severity("doubled", "everything three times", again(lambda i: i.all, 2))
    yield Severity("doubled", "half of the rows twice", again(lambda i: i.drawn(0.5)))
    for times in (2, 3, 10):
        yield Severity(
            "doubled",
            f"the newest day {times} times",
            again(lambda i: i.newest, times - 1),
            usual=20,
        )
    yield Severity("doubled", "the last week twice", again(back(0, 7)))
    yield Severity("doubled", "30 past days twice", again(back(30, 60)))


def _near(rows: pa.Table, n: int) -> pa.Table:
    """The same rows a second later, or with another cent."""
    if time_of(rows) == "time":
        time = pc.add(rows["time"], pa.scalar(n * 1_000_000, pa.duration("us")))
        return rows.set_column(rows.column_names.index("time"), "time", time)
    value = pc.add(rows["value"], n / 100)
    return rows.set_column(rows.column_names.index("value"), "value", value)


def late() -> Iterator[Severity]:
    """The source is not as far as it should be, or lost its newest rows again."""

    def as_of(nights: int) -> Callable[[Ill], Tables]:
        return lambda ill: ill.shop.tables(ill.night - nights)

    def lacking(share: float) -> Callable[[Ill], Tables]:
        return lambda ill: ill.where(~(ill.newest & ill.drawn(share)))

    def a_past_day(ill: Ill) -> Tables:
        past = np.unique(days(ill.main))[-8:-1]
        return ill.where(days(ill.main) != ill.rng.choice(past))

    yield Severity("late", "as of last night", as_of(1), right="tell")
    for nights in (3, 10, 60):
        yield Severity(
            "late", f"as of {nights} nights ago", as_of(nights), right="tell" if nights == 3 else ""
        )
    for share in (0.9, 0.97):
        yield Severity(
            "late", f"{share:.0%} of tonight's rows lacking", lacking(share), right="tell", usual=40
        )
    yield Severity("late", "a day of the last week gone again", a_past_day, right="tell", usual=20)
    yield Severity("late", "the last 30 days gone again but for tonight",
                   lambda i: i.where(i.newest | (days(i.main).max() - days(i.main) > 30)))  # fmt: skip


def emptied() -> Iterator[Severity]:
    """Columns that hold nothing any more, or the same for everybody."""

    def filled(name: str, what: Any, rows: Callable[[Ill], np.ndarray]) -> Callable[[Ill], Tables]:
        def spoil(ill: Ill) -> Tables:
            table = ill.main
            column = table.column_names[0] if name == "who" else name
            kind = table[column].type
            value = pa.array([what] * len(table), kind if what is None else None)
            if name == "who":
                value = pa.array([table[column][0].as_py()] * len(table), kind)
            return ill.but(others(table, column, rows(ill), value))

        return spoil

    every, newest = (lambda i: i.all), (lambda i: i.newest)
    yield Severity("emptied", "value empty from tonight on", filled("value", None, newest))
    yield Severity("emptied", "value empty throughout", filled("value", None, every))
    yield Severity(
        "emptied",
        "value empty in a third of the rows",
        filled("value", None, lambda i: i.drawn(0.33)),
    )
    yield Severity("emptied", "value 9.99 from tonight on", filled("value", 9.99, newest), usual=20)
    yield Severity("emptied", "value 1 throughout", filled("value", 1.0, every))
    yield Severity("emptied", "value 0 from tonight on", filled("value", 0.0, newest), usual=20)
    yield Severity(
        "emptied", "one customer for all of tonight's rows", filled("who", "", newest), usual=20
    )
    yield Severity(
        "emptied", "one customer for half of the rows", filled("who", "", lambda i: i.drawn(0.5))
    )
