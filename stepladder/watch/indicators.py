"""The figures the business steers by and those it fears, each one number from one SELECT."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from stepladder.core.ask import Indicator
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.watch.findings import Figure, Trouble

BEFORE = 8  # weeks looked back, for the picture and for since when it is beyond its limit


def figures(history: History) -> list[Figure]:
    """Every figure that question.toml names, as of now and in the weeks before; KPIs first."""
    ask, history = history.ask, replace(history, boxed=True)  # somebody's SQL ends some time
    named = [("KPI", *each) for each in ask.kpis.items()] + [
        ("KRI", *each) for each in ask.kris.items()
    ]
    earlier = [history.at(history.now - timedelta(days=7 * i)) for i in range(BEFORE, 0, -1)]
    return [_figure(kind, name, one, history, earlier) for kind, name, one in named]


def _figure(
    kind: str, name: str, one: Indicator, history: History, earlier: list[History]
) -> Figure:
    found = Figure(
        name,
        kind,
        one.words or name,
        None,
        one.target,
        one.limit,
        _better(kind, one),
        one.unit,
        "broken",
    )
    try:
        value = number(history, one.sql, f"{kind.lower()}s.{name}")
    except Problem as problem:
        return replace(found, trouble=Trouble(*problem.parts()))
    past = tuple((then.now.isoformat(), _quietly(then, one.sql)) for then in earlier)
    found = replace(found, value=value, past=past)
    verdict = _verdict(found, value)
    since = _since(found, history.now) if verdict == "beyond limit" else ""
    return replace(found, verdict=verdict, since=since)


def _better(kind: str, one: Indicator) -> str:
    """Unless told otherwise, less is better of what is feared."""
    return "lower" if kind == "KRI" and "better" not in one.model_fields_set else one.better


def number(history: History, sql: str, key: str) -> float:
    """The one number of a SELECT. Raises Problem in words that name the key of question.toml."""
    try:
        table = history.sql(sql)
    except duckdb.Error as error:
        raise _wrong(key, f"DuckDB says: {str(error).splitlines()[0]}", history) from None
    except Problem as problem:
        raise _wrong(key, problem.given, history) from problem
    if (table.num_rows, table.num_columns) != (1, 1):
        size = f"{table.num_rows:,} rows of {table.num_columns} columns"
        raise _wrong(key, f"it gives {size}", history)
    value = table[0][0].as_py()
    if not isinstance(value, int | float | Decimal) or not abs(float(value)) < float("inf"):
        raise _wrong(key, f"it gives {'nothing' if value is None else repr(value)}", history)
    return float(value)


def _wrong(key: str, what: str, history: History) -> Problem:
    return Problem(
        f"question.toml: the sql of `{key}` cannot be used: {what}",
        f"one SELECT that gives one row with one number; it sees {', '.join(history.tables)} and ask",
        f"correct `sql` below [{key}]",
    )


def _quietly(history: History, sql: str) -> float | None:
    """The figure of a week before; None where there was none yet."""
    try:
        return number(history, sql, "")
    except Problem:
        return None


def _verdict(figure: Figure, value: float) -> str:
    def short_of(bound: float | None) -> bool:
        if bound is None:
            return False
        return value < bound if figure.better == "higher" else value > bound

    if short_of(figure.limit):
        return "beyond limit"
    if short_of(figure.target):
        return "off target"
    return "fine" if (figure.target, figure.limit) != (None, None) else "no verdict"


def _since(figure: Figure, now: date) -> str:
    """The first of the weeks in a row that lie beyond the limit."""
    since = now.isoformat()
    for day, value in reversed(figure.past):
        if value is None or _verdict(figure, value) != "beyond limit":
            break
        since = day
    return since
