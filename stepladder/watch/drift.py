"""Whether the inputs are what they were: every week of every column against the weeks before it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.stats import Floats
from stepladder.watch.best_yardstick import LEAST
from stepladder.watch.input_words import said
from stepladder.watch.watched import Drift, Input
from stepladder.watch.weekly import Series, weekly
from stepladder.watch.weeks_judged import Judged, judge

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
