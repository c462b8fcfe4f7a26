"""Who is asked about: every series that has not ended."""

from __future__ import annotations

import pyarrow as pa

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.questions.forecast.settings import steps

EVERYONE = "select distinct series from series order by series"  # that ever had a reading
ENDED = 2  # seasons, or horizons, without a reading: the series has ended, and nobody asks about it


def lately(ask: Ask) -> int:
    """How many periods back a series must have a reading."""
    return ENDED * max(int(ask.settings.season), steps(ask))


def living(ask: Ask) -> str:
    """A SELECT of the series that have not ended."""
    return f"select series from readings group by series having min(ago) <= {lately(ask)}"


def everyone(history: History) -> pa.Table:
    """Every series that has not ended: series, in order."""
    return history.sql(f"{living(history.ask)} order by series")
