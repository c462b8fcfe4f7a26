"""Why a customer is an example, in a sentence: every word of it is made from the customer's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.core.history import History

Ints = NDArray[np.int64]
PROFILE = """
select count(distinct day) as times, min(day) as first, max(day) as last from cases left join (
  select customer, day from purchases where coalesce(value, 0) >= 0
) as bought using (customer) group by i order by i
"""
FEWEST, GONE = (
    3,
    3.0,
)  # days with a purchase, and usual gaps of silence, from which a buyer has lapsed


@dataclass(frozen=True)
class Known:
    """What was known of everybody at the cutoff, what was forecast, and what came; (customers,)."""

    times: np.ndarray
    age: np.ndarray  # days since the first purchase
    silent: np.ndarray  # days since the last
    forecast: np.ndarray
    came: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """Days from one day with a purchase to the next, on average; infinite where there is but one."""
        more = self.times > 1
        return np.where(more, (self.age - self.silent) / np.where(more, self.times - 1, 1), np.inf)


def profile(history: History, customers: pa.ChunkedArray, now: date) -> tuple[Ints, Ints, Ints]:
    """Days with a purchase, days since the first and since the last; each (customers,)."""
    cases = pa.table({"customer": customers, "i": np.arange(len(customers))})
    found = history.sql(PROFILE, cases)
    first, last = (
        found[name].to_numpy().astype("datetime64[D]").astype(np.int64)
        for name in ("first", "last")
    )
    today = int(np.datetime64(now, "D").astype(np.int64))
    return found["times"].to_numpy().astype(np.int64), today - first, today - last


def reason(kind: str, known: Known, i: int) -> str:
    """Why this customer is here."""
    past = f"{bought_on(known.times[i], known.silent[i])} before the cutoff"
    if kind == "biggest miss":
        return f"{past}; then {_bought(known.came[i])}, where {times(known.forecast[i])} were expected."
    if kind == "lapsed heavy buyer":
        past += f", after one about every {ago(known.gap[i])} until then"
    if kind == "newcomer":
        past += f", first {ago(known.age[i])} before it, so there is little past to go by"
    if kind == "one-timer":
        past += ", which says little"
    return f"{past}; {_expected(known.forecast, i)}."


def bought_on(days: float, silent: float) -> str:
    """On how many days somebody bought, and how long ago they did last."""
    return f"Bought on {days:,.0f} day{'' if days == 1 else 's'}, last {ago(silent)}"


def ago(days: float) -> str:
    """A time as one says it."""
    whole = round(days)
    if whole < 14:
        return f"{whole} day{'s' * (whole != 1)}"
    return f"{whole // 7} weeks" if whole < 365 else f"{whole / 30.4:.0f} months"


def times(expected: float | None) -> str:
    """How many purchases are forecast, in as many digits as say something."""
    if expected is None:
        return "none given"
    if expected < 0.01:
        return "below 0.01"
    return f"{expected:.2f}" if expected < 1 else f"{expected:.1f}"


def _bought(times: float) -> str:
    return "nothing came" if times == 0 else f"bought {times:.0f} time{'' if times == 1 else 's'}"


def _expected(forecast: np.ndarray, i: int) -> str:
    """Where a forecast stands among all, never rounded upwards."""
    below, above = (forecast < forecast[i]).mean(), (forecast > forecast[i]).mean()
    many = int(100 * max(below, above))
    if not many:
        return "as much is expected of them as of nearly everybody"
    return f"{'more' if below >= above else 'less'} is expected of them than of {many} in 100 customers"
