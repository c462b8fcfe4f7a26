"""Columns of the newest rows that lost their values, became the same for everybody, or changed their unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.core.stats import Floats
from stepladder.report.words import number, percent
from stepladder.watch.findings import Finding

Odd = tuple[tuple[str, str], Finding]  # what is odd about which column

BLOCKS = 53  # the newest and a year of weeks before it
ENOUGH = 20  # rows that say something by themselves
FEWEST = 3  # rows, below which nothing is said
SELDOM = 1e-4  # so seldom would so few rows all be empty by chance
LIKE = 4  # blocks of the past that can be compared, at least; of few rows a block, more of them
MANY = 20
UNITS = (10.0, 100.0, 1000.0, 60.0, 3600.0, 1e6)
FAR = 4.0  # times as much: what no week did, and no shop does from one week to the next
TRADE = 3.0  # times as far as the past ever went, in logarithms


class Looks(NamedTuple):
    """One column in every block, the newest first; NaN where there was no row."""

    nulls: Floats  # share
    zeros: Floats  # share of what is there; NaN for texts
    different: Floats  # values
    middle: Floats  # median size of what is not zero; NaN for texts


@dataclass(frozen=True)
class Blocks:
    """Every block of a table: its rows, and its columns."""

    days: int
    rows: Floats
    columns: dict[str, Looks]


def ago(time: str, days: int) -> str:
    """Which block a row is in, as SQL: 0 for the newest."""
    return f"(date_diff('day', cast({quoted(time)} as date), (select now from ask)) - 1) // {days}"


def blocks(history: History, name: str, time: str, columns: pa.Schema, days: int) -> Blocks:
    """The newest blocks of a table in one pass."""
    watched = [field for field in columns if field.name not in ("row", time)]
    picked = "".join(f", {part}" for field in watched for part in _select(field))
    found = history.sql(
        f"""select {ago(time, days)} as block, count(*) as n {picked} from {quoted(name)}
        where {ago(time, days)} < {BLOCKS} group by 1"""
    )
    at = found["block"].to_numpy()

    def line(column: str, missing: float = np.nan) -> Floats:
        out = np.full(BLOCKS, missing)
        out[at] = found[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
        return out

    looks = {
        field.name: Looks(*(line(f"{what} {field.name}") for what in Looks._fields))
        for field in watched
    }
    return Blocks(days, line("n", 0.0), looks)


def _select(field: pa.Field) -> Iterator[str]:
    column, name = quoted(field.name), field.name
    yield f"avg(case when {column} is null then 1.0 else 0.0 end) as {quoted('nulls ' + name)}"
    numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    zero = (
        f"avg(case when {column} = 0 then 1.0 when {column} <> 0 then 0.0 end)"
        if numeric
        else "null"
    )
    yield f"cast({zero} as double) as {quoted('zeros ' + name)}"
    yield f"count(distinct {column}) as {quoted('different ' + name)}"
    size = f"median(case when {column} <> 0 then abs({column}) end)" if numeric else "null"
    yield f"cast({size} as double) as {quoted('middle ' + name)}"


def check_columns(table: str, found: Blocks) -> Iterator[Odd]:
    """What is odd about each column in the newest block, against those with about as many rows."""
    new = found.rows[0]
    past = found.rows[1:] >= min(new, ENOUGH)
    if new < FEWEST or past.sum() < (LIKE if new >= ENOUGH else MANY):
        return
    for name, looks in found.columns.items():
        before = Looks(*(line[1:][past] for line in looks))
        now = Looks(*(line[:1] for line in looks))
        rows = found.rows[1:][past]
        if new >= ENOUGH or _by_chance(now.nulls, before.nulls, rows, new) < SELDOM:
            yield from ((("empty", name), each) for each in _nulls(table, name, now, before))
        if now.zeros[0] == 1 and _by_chance(now.zeros, before.zeros, rows, new) < SELDOM:
            yield ("empty", name), _all_zero(table, name, before)
        if now.nulls[0] < 1:
            if new >= ENOUGH:
                yield from ((("same", name), each) for each in _constant(table, name, now, before))
            yield from ((("unit", name), each) for each in _units(table, name, now, before))


def _by_chance(now: Floats, before: Floats, rows: Floats, new: float) -> float:
    """How often so few rows would all be so, when as many were so as ever; 1 where they are not all."""
    if now[0] != 1:
        return 1.0
    like = (float(np.nansum(before * rows)) + 1) / (float(rows.sum()) + 2)
    return float(like**new)


def _all_zero(table: str, name: str, before: Looks) -> Finding:
    return Finding(
        "stop",
        f"{table}: the column {name} is 0 in every new row",
        f"before, at most {percent(float(np.nanmax(before.zeros)))} of its rows were",
        "ask where the table comes from whether it is filled in later, or was left out, and refresh",
    )


def _nulls(table: str, name: str, now: Looks, before: Looks) -> Iterator[Finding]:
    share, most = float(now.nulls[0]), float(before.nulls.max())
    if share == 1 and most < 1:
        yield Finding(
            "stop",
            f"{table}: the column {name} is empty in every new row",
            f"before, at most {percent(most)} of its rows were empty",
            "ask where the table comes from whether the column was renamed or left out, and refresh",
        )
    elif share < 1 and share > max(0.2, 5 * most):
        yield Finding(
            "tell",
            f"{table}: the column {name} is empty in {percent(share)} of the new rows",
            f"before, at most {percent(most)} were",
            "ask where the table comes from what changed",
        )


def _constant(table: str, name: str, now: Looks, before: Looks) -> Iterator[Finding]:
    """The same for everybody, where no block of the past came anywhere near."""
    if now.different[0] == 1 and before.different.min() >= 5:
        yield Finding(
            "stop",
            f"{table}: the column {name} has one and the same value in every new row",
            f"before, it had at least {number(float(before.different.min()))} different ones in as many days",
            "ask where the table comes from whether it was filled with a default",
        )


def _units(table: str, name: str, now: Looks, before: Looks) -> Iterator[Finding]:
    usual = np.log(before.middle[np.isfinite(before.middle) & (before.middle > 0)])
    if len(usual) < LIKE or not now.middle[0] > 0 or now.different[0] < 2:
        return
    middle = float(np.median(usual))
    moved = float(np.log(now.middle[0])) - middle
    if abs(moved) < max(np.log(FAR), TRADE * float(np.abs(usual - middle).max())):
        return
    yield Finding(
        "stop",
        f"{table}: {name} is {_times(moved)} in the new rows: usually about "
        f"{number(float(np.exp(middle)))}, now {number(float(now.middle[0]))}",
        f"no earlier stretch of days was more than "
        f"{number(float(np.exp(np.abs(usual - middle).max())))} times away from usual",
        f"{_unit(moved)}; mend it at the source and refresh",
    )


def _times(moved: float) -> str:
    times = float(np.exp(abs(moved)))
    return f"{number(times)} times {'as much' if moved > 0 else 'less'}"


def _unit(moved: float) -> str:
    """The change of unit that the ratio looks like."""
    times = float(np.exp(abs(moved)))
    near = min(UNITS, key=lambda unit: abs(np.log(times / unit)))
    if abs(np.log(times / near)) > 0.35:
        return "ask whether the unit of measure or the meaning of the column changed"
    meant = {
        100.0: "cents for whole units of money, or the other way round",
        1000.0: "thousands, grams for kilograms, or a decimal point read as one of thousands",
    }
    guess = meant.get(near, "another unit of measure")
    return f"close to × {near:,.0f}: it looks like {guess}"
