"""Whether the data carry what question.toml says of them: the frequency, the season, how far ahead."""

from __future__ import annotations

from collections.abc import Iterator

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions.forecast.settings import steps

SPANS = """select count(*) as series, max(n) as most, max(span) as longest from (
  select series, count(*) as n, max(ago) - min(ago) + 1 as span from readings group by series) as each"""
AGAIN = "set `season = 1` in question.toml, which says that it never does, or bring more history"


def refuse(history: History) -> None:
    """Raise Problem where nothing can be learnt of what is asked: see the messages."""
    for problem in _wrong(history):
        raise problem


def _wrong(history: History) -> Iterator[Problem]:
    every = history.ask.settings.every
    table = history.ask.tables.get("series")
    read = (table.choices.get("every") if table else None) or every
    if read != every:
        yield Problem(
            f"`every` is {every!r} in question.toml, and the series were read by {read}",
            "both are the same: what is asked is so many periods ahead",
            f'set `every = "{read}"`; other periods are made with stepladder new --every {every}',
        )
    (found,) = history.sql(SPANS).to_pylist()
    if not found["series"] or found["most"] < 2:
        yield Problem(
            f"{found['series']:,} series, none with two readings",
            "a forecast learns from what follows upon what: at least one series has two periods",
            "check which columns were read (stepladder new --column series=NAME names another), or "
            "bring more",
        )
    longest, season, ahead = found["longest"], int(history.ask.settings.season), steps(history.ask)
    if season >= longest and season > 1:
        yield Problem(
            f"a season of {season:,} {every}s in series of which the longest has {longest:,}",
            "a season is shorter than the data: that series look alike again was seen in them",
            AGAIN,
        )
    if ahead > longest:
        yield Problem(
            f"a horizon of {ahead:,} {every}s in series of which the longest has {longest:,}",
            "nothing is forecast further ahead than anything was known back",
            "set a shorter `horizon` in question.toml, or bring more history",
        )
