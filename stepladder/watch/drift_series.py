"""The weeks of a question's tables as figures: rows, averages, spreads, gaps, most common values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stepladder.core.history import History, literal, quoted
from stepladder.core.question import Question
from stepladder.core.stats import Floats
from stepladder.core.table import TableSpec
from stepladder.report.words import many
from stepladder.watch.drift_alarms import MOST

WEEKS = MOST + 54  # no week before these has a say
FEW = 30  # rows of a week, below which an average says nothing
COMMON = 3  # values of a text column that are watched
DAYS = "date_diff('day', cast({time} as date), (select now from ask))"


@dataclass(frozen=True)
class Series:
    """One statistic of one column, week by week up to now, and its sampling error.

    scale: "plain", "share", or "log" and "count" where what counts is by how much per cent. spread: standard
    deviation of the column in the last week, for averages.
    """

    table: str
    column: str
    statistic: str
    words: str
    values: Floats
    error: Floats
    scale: str
    spread: float | None = None


def weekly(history: History, question: Question) -> list[Series]:
    """Every watched statistic, one entry a week, the last week ending at now; weeks begun are left out."""
    return [series for spec in question.TABLES if spec.time for series in _of_table(history, spec)]


def _of_table(history: History, spec: TableSpec) -> list[Series]:
    columns = _columns(history, spec)
    shown = {name: _common(history, spec, name) for name, kind in columns.items() if kind == "text"}
    time = DAYS.format(time=quoted(spec.time or ""))
    picked = ", ".join(
        part for name, kind in columns.items() for part in _select(name, kind, shown.get(name, []))
    )
    found = history.sql(
        f"""select ({time} - 1) // 7 as weeks_ago, count(*) as n, max({time}) as days{", " if picked else ""}
        {picked} from {quoted(spec.name)} where {time} <= {7 * WEEKS} group by 1 order by 1 desc"""
    )
    if not found.num_rows:
        return []
    weeks = max(found["days"].to_pylist()) // 7  # whole ones
    return list(_series(spec, columns, shown, _Weeks(found, weeks)))


class _Weeks:
    """The answer as arrays with a place for every week, the oldest first."""

    def __init__(self, found: pa.Table, weeks: int) -> None:
        self.found, self.weeks = found, weeks
        self.ago = found["weeks_ago"].to_numpy()
        self.n = np.nan_to_num(self.column("n"))

    def column(self, name: str) -> Floats:
        """One column, NaN where there was no row."""
        out = np.full(self.weeks, np.nan)
        given = self.found[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        inside = self.ago < self.weeks
        out[self.weeks - 1 - self.ago[inside]] = given[inside]
        return out


def _columns(history: History, spec: TableSpec) -> dict[str, str]:
    """What each column is watched as: id, number, text."""
    found = {}
    ids = {column.name for column in spec.columns if column.kind == "id"}
    for field in history.sql(f"select * from {quoted(spec.name)} limit 0").schema:
        if field.name in ids:
            found[field.name] = "id"
        elif field.name not in ("row", spec.time) and (kind := _kind(field.type)):
            found[field.name] = kind
    return found


def _kind(type: pa.DataType) -> str:
    if pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_decimal(type):
        return "number"
    text = pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_boolean(type)
    return "text" if text else ""


def _common(history: History, spec: TableSpec, name: str) -> list[str]:
    """The most common values, where there are any: not of texts that hardly ever come twice."""
    column, time = quoted(name), DAYS.format(time=quoted(spec.time or ""))
    rows = history.sql(
        f"""select cast({column} as varchar) as value, count(*) as n from {quoted(spec.name)}
        where {time} <= {7 * WEEKS} and {column} is not null
        group by 1 order by n desc, value limit {COMMON}"""
    ).to_pylist()
    return [row["value"] for row in rows if row["n"] >= FEW]


def _select(name: str, kind: str, common: list[str]) -> Iterator[str]:
    column = quoted(name)
    if kind == "id":
        yield f"count(distinct {column}) as {quoted('distinct ' + name)}"
        return
    yield f"avg(case when {column} is null then 1.0 else 0.0 end) as {quoted('nulls ' + name)}"
    if kind == "number":
        yield f"avg({column}) as {quoted('mean ' + name)}"
        yield f"stddev_samp({column}) as {quoted('sd ' + name)}"
    for i, value in enumerate(common):
        yield (
            f"avg(case when cast({column} as varchar) = {literal(value)} then 1.0 else 0.0 end) "
            f"as {quoted(f'share {i} {name}')}"
        )


def _series(
    spec: TableSpec, columns: dict[str, str], shown: dict[str, list[str]], weeks: _Weeks
) -> Iterator[Series]:
    n, table = weeks.n, spec.name
    yield _counted(table, "", "rows", f"{table} a week", n)
    few = n < FEW
    rows = np.where(few, np.nan, n)
    for name, kind in columns.items():
        if kind == "id":
            distinct = np.nan_to_num(weeks.column(f"distinct {name}"))
            yield _counted(table, name, "distinct", f"different {many(name)} a week", distinct)
            continue
        yield _share(
            table, name, "nulls", f"{name} left empty", weeks.column(f"nulls {name}"), rows
        )
        if kind == "number":
            yield from _number(table, name, weeks, rows)
        for i, value in enumerate(shown.get(name, [])):
            share = weeks.column(f"share {i} {name}")
            yield _share(table, name, f"share of {value}", f"{name} “{value}”", share, rows)


def _counted(table: str, column: str, statistic: str, words: str, n: Floats) -> Series:
    return Series(table, column, statistic, words, np.log(n + 0.5), 1 / np.sqrt(n + 0.5), "count")


def _share(table: str, column: str, statistic: str, words: str, p: Floats, n: Floats) -> Series:
    p = np.where(np.isnan(n), np.nan, p)
    # a share of none or all is not known without error either
    error = np.sqrt((p * (1 - p) + 1 / n) / n)
    return Series(table, column, statistic, words, p, error, "share")


def _number(table: str, name: str, weeks: _Weeks, n: Floats) -> Iterator[Series]:
    few = np.isnan(n)
    mean = np.where(few, np.nan, weeks.column(f"mean {name}"))
    sd = np.where(few, np.nan, weeks.column(f"sd {name}"))
    known = sd[np.isfinite(sd)]
    spread = float(known[-1]) if len(known) else None
    yield Series(table, name, "mean", f"average {name}", mean, sd / np.sqrt(n), "plain", spread)
    log = np.log(np.where(sd > 0, sd, np.nan))
    yield Series(table, name, "spread", f"spread of {name}", log, 1 / np.sqrt(2 * n), "log")
