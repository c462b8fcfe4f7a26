"""Whether the inputs are what they were: every week of every column against the weeks before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.stats import Floats
from stepladder.report.words import day, number, percent
from stepladder.watch.drift_alarms import LEAST, Judged, judge
from stepladder.watch.drift_series import Series, weekly
from stepladder.watch.findings import Drift, Input

# Of the year's alarms. A quarter is for what the predictions were worth, and a quarter for looking every
# night: weeks that overlap are looked at seven times as often, which costs about half as many more.
SHARE = 0.5
SHOWN = 52  # weeks in a picture


def drift(history: History, question: Question, alarms_per_year: float) -> Drift:
    """Judge the weeks that ended by now; all tests of a year share the alarms it may have."""
    found = weekly(history, question)
    weeks = max((len(series.values) for series in found), default=0)
    if not weeks:
        return Drift(())
    values = np.column_stack([_padded(series.values, weeks) for series in found])
    errors = np.column_stack([_padded(series.error, weeks) for series in found])
    judged = judge(values, errors, SHARE * alarms_per_year / (52 * len(found)))
    first = [history.now - timedelta(days=7 * (weeks - i)) for i in range(weeks)]
    inputs = [_input(series, judged, i, values[:, i], first) for i, series in enumerate(found)]
    inputs.sort(key=lambda each: (each.state != "alarm", each.state != "unusual"))
    episodes = tuple((found[i].words, first[week].isoformat()) for week, i in judged.openings)
    past = int(judged.past.max())
    return Drift(tuple(inputs), episodes, past, LEAST)


def _padded(values: Floats, weeks: int) -> Floats:
    return np.concatenate([np.full(weeks - len(values), np.nan), values])


def _input(series: Series, judged: Judged, i: int, values: Floats, first: list[date]) -> Input:
    expected, wide = judged.expected[:, i], judged.tolerance[:, i]
    low, high = expected - wide, expected + wide
    last, opened = len(values) - 1, int(judged.opened[i])
    state = "quiet"
    if not (judged.past[i] >= LEAST and np.isfinite(expected[last])):
        state = "not judged"
    elif opened >= 0:
        state = "alarm"
    elif not low[last] <= values[last] <= high[last]:
        state = "unusual"
    smallest = _least(series, float(judged.smallest[i]), float(expected[last]))
    of_last = [_own(series, float(each[last])) for each in (values, expected, low, high)]
    found = Input(
        table=series.table,
        column=series.column,
        statistic=series.statistic,
        words=series.words,
        state=state,
        past=int(judged.past[i]),
        value=of_last[0],
        expected=of_last[1],
        low=of_last[2],
        high=of_last[3],
        smallest=smallest,
        spreads=smallest / series.spread if smallest is not None and series.spread else None,
        since=first[opened].isoformat() if state == "alarm" else "",
        weeks=tuple(day.isoformat() for day in first[-SHOWN:]),
        values=_line(series, values),
        lows=_line(series, low),
        highs=_line(series, high),
    )
    return said(found)


def _line(series: Series, values: Floats) -> tuple[float | None, ...]:
    return tuple(_own(series, float(value)) for value in values[-SHOWN:])


def _own(series: Series, value: float) -> float | None:
    """Back from logarithms; what is not known is None, and a share is between none and all."""
    if not np.isfinite(value):
        return None
    if series.scale == "share":
        return min(max(value, 0.0), 1.0)
    if series.scale == "count":  # half a row was added, so that no rows have a logarithm
        return max(float(np.exp(min(value, 700.0))) - 0.5, 0.0)
    return float(np.exp(min(value, 700.0))) if series.scale == "log" else value


def _least(series: Series, smallest: float, expected: float) -> float | None:
    """The smallest change that is found, in the statistic's units; a share of itself for logarithms."""
    if not (np.isfinite(smallest) and np.isfinite(expected)):
        return None
    return float(np.expm1(min(smallest, 700.0))) if series.scale in ("log", "count") else smallest


def said(found: Input) -> Input:
    """The same input with its sentence."""
    return replace(found, sentence=_sentence(found))


def figure(value: float | None, of: Input) -> str:
    """A figure of the input as people write it."""
    shares = of.statistic == "nulls" or of.statistic.startswith("share of ")
    if shares and value is not None and 0 < value < 0.0005:
        return f"{100 * value:.1g}\u00a0%"
    return percent(value) if shares else number(value)


def least(found: Input) -> str:
    """The smallest change that would be found, in words."""
    if found.smallest is None:
        return "–"
    if found.statistic in ("rows", "distinct", "spread"):
        return (
            "more than double" if found.smallest > 1 else f"{percent(found.smallest)} more or less"
        )
    said = figure(found.smallest, found)
    return said if found.spreads is None else f"{said} ({found.spreads:.2f} standard deviations)"


def _sentence(found: Input) -> str:
    if found.state == "not judged":
        return f"Not judged: {found.past} weeks of past so far."
    name = found.words[:1].upper() + found.words[1:]
    usual = f"{figure(found.low, found)} and {figure(found.high, found)}"
    moved = (
        f"{name}: {figure(found.value, found)} in the last week; usual weeks lie between {usual}"
    )
    if found.state == "alarm":
        return f"{moved}. Out of line since the week of {day(found.since)}."
    if found.state == "unusual":
        return f"{moved}. One week alone raises no alarm: the next one will tell."
    return ""
