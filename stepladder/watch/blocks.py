"""A table cut into blocks of so many days, the newest first: what each column looked like in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.core.stats import Floats

BLOCKS = 53  # the newest and a year of weeks before it


class Looks(NamedTuple):
    """One column in every block, the newest first; NaN where there was no row."""

    nulls: Floats  # share
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


def ids(columns: pa.Schema) -> list[str]:
    """Columns that may name somebody or something: whole numbers and texts, but not the row's own."""
    kinds = pa.types.is_integer, pa.types.is_string, pa.types.is_large_string
    return [f.name for f in columns if f.name != "row" and any(is_(f.type) for is_ in kinds)]


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
    yield f"count(distinct {column}) as {quoted('different ' + name)}"
    number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    size = f"median(case when {column} <> 0 then abs({column}) end)" if number else "null"
    yield f"cast({size} as double) as {quoted('middle ' + name)}"
