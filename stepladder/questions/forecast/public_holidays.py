"""Public holidays, as a library knows them of a country: how much of each period is one."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

from stepladder.core import periods
from stepladder.core.errors import Problem
from stepladder.core.extras import need
from stepladder.core.history import History
from stepladder.core.stats import Floats
from stepladder.questions.forecast.settings import steps


def beside(known: Floats, history: History) -> Floats:
    """What is known beforehand, and the share of each period's days that are public holidays where asked.

    known: series × columns × periods, the steps ahead the last of them.
    """
    country = history.ask.settings.holidays
    if not country:
        return known
    days = shares(history, country, known.shape[2])
    return np.concatenate([known, np.broadcast_to(days, (len(known), 1, len(days)))], axis=1)


def shares(history: History, country: str, many: int) -> Floats:
    """Of so many periods, the last of them the last one asked about: which share of the days is a holiday."""
    every, week = history.ask.settings.every, history.ask.settings.week_starts
    end = periods.first_ahead(history.now, every, week) + steps(history.ask)
    begins = periods.starts(np.arange(end - many, end + 1), every, week).astype("datetime64[D]")
    days = np.arange(begins[0], begins[-1] + 1)
    upto = np.r_[0, np.cumsum(np.isin(days, _holidays(country, days)))]
    at = (begins - days[0]).astype(int)
    last = np.maximum(at[1:], at[:-1] + 1)  # an hour lies within its day
    return np.asarray((upto[last] - upto[at[:-1]]) / (last - at[:-1]), np.float32)


def refuse(history: History) -> None:
    """Raise Problem on a country that the library does not know."""
    if country := history.ask.settings.holidays:
        _holidays(country, np.array([history.now], "datetime64[D]"))


def _holidays(country: str, days: Any) -> Any:
    need("holidays", "holidays", "[forecast] holidays")
    import holidays

    years = days.astype("datetime64[Y]").astype(int) + 1970
    name, _, part = country.partition("-")
    try:
        found = holidays.country_holidays(
            name, subdiv=part or None, years=range(int(years.min()), int(years.max()) + 1)
        )
    except NotImplementedError:
        raise _unknown(country, name, holidays.list_supported_countries()) from None
    return np.array(sorted(found), "datetime64[D]")


def _unknown(country: str, name: str, known: dict[str, list[str]]) -> Problem:
    near = difflib.get_close_matches(name.upper(), known, 3, 0.5)
    parts = ", ".join(f"{name}-{part}" for part in known.get(name, [])[:5])
    return Problem(
        f"question.toml: [forecast] holidays = {country!r}",
        "it is a country by its two letters (ISO 3166), such as DE, or a part of one, such as DE-BY",
        f"e.g. {parts}" if parts else f"did you mean {' or '.join(near)}?" if near else 'e.g. "DE"',
    )
