"""What was known of a case at a moment: its own rows of every table, drawn where they stand in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from stepladder.core.cases import kinds
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.core.table import TableSpec
from stepladder.core.view import Strip
from stepladder.report.strip_chart import Line, line
from stepladder.report.words import day, number

SHOWN, DRAWN = 8, 400  # rows; the latest of them
MANY = " many"  # no column of a table begins with a blank


@dataclass(frozen=True)
class Curve:
    """A series as the points of a picture 100 wide and 30 high, the oldest first, and what it shows."""

    points: str
    alt: str


@dataclass(frozen=True)
class Rows:
    """A case's rows of one table, the latest first. more: how many earlier ones are not shown."""

    table: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int
    line: Line | None = None
    curve: Curve | None = None


def known_rows(question: Question, history: History, case: Mapping[str, Any]) -> list[Rows]:
    """What a history knows of a case, table after table; nothing that came after its moment."""
    found = [_rows(question, spec, history, case) for spec in question.TABLES]
    return [one for one in found if one]


def titles(question: Question, history: History, keys: Sequence[Mapping[str, Any]]) -> list[str]:
    """What things are called, where a table of their own says it; else by their ids."""
    names = [name for name in (keys[0] if keys else ()) if name not in question.CASE]
    called = _called(question, history, names, pa.Table.from_pylist([*map(dict, keys)]))
    return [called.get(_key(key, names), _plain(_key(key, names))) for key in keys]


def _rows(
    question: Question, spec: TableSpec, history: History, case: Mapping[str, Any]
) -> Rows | None:
    there, types = _columns(question, spec, history)
    shared = [name for name in question.CASE if name in there]
    if not shared or (len(shared) < len(question.CASE) and not spec.unique):
        return None
    mine = pa.table({name: pa.array([case[name]]).cast(types.field(name).type) for name in shared})
    using = ", ".join(map(quoted, shared))
    late = f" order by {quoted(spec.time)} desc, row desc" if spec.time else " order by row"
    of = f"from {quoted(spec.name)} semi join cases using ({using})"
    rows = history.sql(
        f"select *, count(*) over () as {quoted(MANY)} {of}{late} limit {DRAWN}", mine
    )
    if not rows.num_rows:
        return None
    many = rows[MANY][0].as_py()
    return _told(question, spec, history, rows.drop_columns(["row", MANY, *shared]), many)


def _columns(question: Question, spec: TableSpec, history: History) -> tuple[list[str], pa.Schema]:
    """A table's columns, and those that name a case; looked up once for each moment."""

    def there() -> list[str]:
        found: list[str] = history.sql(f"select * from {quoted(spec.name)} limit 0").column_names
        return found

    return (
        history.once(f"columns of {spec.name}", there),
        history.once("kinds of cases", lambda: kinds(question, history)),
    )


def _told(question: Question, spec: TableSpec, history: History, rows: pa.Table, many: int) -> Rows:
    shown = rows.slice(0, SHOWN)
    things = [c.name for c in spec.columns if c.kind == "id" and c.name in rows.column_names]
    called = {name: _called(question, history, [name], shown.select([name])) for name in things}
    cells = tuple(
        tuple(called.get(name, {}).get((value,), _plain((value,))) for name, value in row.items())
        for row in shown.to_pylist()
    )
    strip, curve = _drawn(spec, history, rows)
    return Rows(spec.name, tuple(rows.column_names), cells, many - shown.num_rows, strip, curve)


def _drawn(spec: TableSpec, history: History, rows: pa.Table) -> tuple[Line | None, Curve | None]:
    if not spec.time or rows.num_rows < 2:
        return None, None
    numbers = [c.name for c in spec.columns if c.kind in ("number", "amount")]
    if spec.regular and numbers:
        return None, _curve([v for v in rows[numbers[0]].to_pylist()[::-1] if v is not None])
    days = sorted(_day(value) for value in rows[spec.time].to_pylist() if value is not None)
    now = _day(history.now)
    return line(Strip(days[0], now, now, tuple(days), ())), None


def _curve(values: Sequence[float]) -> Curve | None:
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    wide = [100 * i / (len(values) - 1) for i in range(len(values))]
    tall = [28 - 26 * (value - low) / ((high - low) or 1) for value in values]
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(wide, tall, strict=True))
    said = f"the last {len(values)}, between {number(low)} and {number(high)}; last {number(values[-1])}"
    return Curve(points, said)


def _called(
    question: Question, history: History, names: Sequence[str], keys: pa.Table
) -> dict[tuple[Any, ...], str]:
    """By key, the first text of the table whose rows are about nothing else."""
    for spec in question.TABLES:
        text = next((c.name for c in spec.columns if c.kind == "text"), None)
        if spec.key != tuple(names) or not spec.unique or not text:
            continue
        columns = ", ".join(map(quoted, names))
        query = f"select {columns}, {quoted(text)} as called from {quoted(spec.name)}"
        rows = history.sql(f"{query} semi join keys using ({columns})", keys=keys).to_pylist()
        return {_key(row, names): row["called"] for row in rows if row["called"]}
    return {}


def _key(row: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _plain(values: Sequence[Any]) -> str:
    return ", ".join(map(_word, values))


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return day(value.date()) + (f", {value:%H:%M}" if value.time() != value.min.time() else "")
    if isinstance(value, date):
        return day(value)
    return number(value) if isinstance(value, float) or value is None else str(value)[:300]


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
