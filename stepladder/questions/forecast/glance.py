"""The first look at a file of forecasts, in a terminal: the total, the largest, the least sure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.ask import Ask
from stepladder.questions.forecast import levels
from stepladder.questions.forecast.figures import figure
from stepladder.questions.forecast.settings import TOTAL, counted, steps

SHOWN = 5


def glance(answers: Iterable[pa.Table], ask: Ask) -> tuple[str, ...]:
    """Lines that say what was forecast: how much, of whom most, and where it is least sure."""
    many, first, seen = 0, None, _Seen()
    for part in filter(len, answers):
        names, first = ask.settings.levels, first or pc.min(part["time"]).as_py()
        found = _by_series(levels.bottom(part, names))
        many += found.num_rows
        seen = seen.and_of(
            found, _by_series(part.filter(pc.equal(part["level"], TOTAL))) if names else None
        )
    if first is None:
        return ("No series is forecast: all have ended.",)
    span = counted(steps(ask), ask.settings.every)
    lines = [f"{many:,} series, {span} from {first:%Y-%m-%d} on."]
    lines += [_line("All together", row, ask) for row in _rows(seen.total)]
    if many <= SHOWN:
        return (*lines, *(_line(f"  {row['series']}", row, ask) for row in _rows(seen.first)))
    lines += ["The largest:"]
    lines += [_line(f"  {row['series']}", row, ask) for row in _rows(seen.largest)]
    unsure = [_line(f"  {row['series']}", row, ask) for row in _rows(seen.widest)]
    lines += ["The least sure, by how far low and high lie apart:", *unsure] if unsure else []
    return tuple(lines)


class _Seen(NamedTuple):
    """Of all series so far: those to be shown."""

    total: pa.Table | None = None
    first: pa.Table | None = None
    largest: pa.Table | None = None
    widest: pa.Table | None = None

    def and_of(self, found: pa.Table, total: pa.Table | None) -> _Seen:
        """With those of one more part."""
        wide = found.filter(pc.is_valid(found["wide_sum"]))
        return _Seen(
            _most(self.total, total),
            _most(self.first, found),
            _most(self.largest, found, "prediction_sum"),
            _most(self.widest, wide, "wide_sum"),
        )


def _most(before: pa.Table | None, more: pa.Table | None, by: str = "") -> pa.Table | None:
    """The few that come first of both, or are largest."""
    there = [each for each in (before, more) if each is not None]
    if not there:
        return None
    both = pa.concat_tables(there)
    order = [(by, "descending")] if by else []
    return (both.sort_by(order) if order else both).slice(0, SHOWN)


def _line(who: str, row: dict[str, Any], ask: Ask) -> str:
    """Berlin / tea: about 2,310 over 14 days; the next day 150, 80 times in 100 from 120 to 190.

    What adds up to nothing, such as people employed, has no sum: the last period stands for it.
    """
    many, every = steps(ask), ask.settings.every
    said = f"the next {every} {figure(row['next'])}"
    if row["low"] is not None:
        said += f", 80 times in 100 from {figure(row['low'])} to {figure(row['high'])}"
    if many > 1 and ask.settings.levels:
        said = f"about {figure(row['all'])} over {counted(many, every)}; {said}"
    elif many > 1:
        said += f"; {counted(many, every)} on {figure(row['last'])}"
    return f"{who}: {said}" + (
        "." if row["low"] is not None else " (too few earlier errors for a range)."
    )


def _by_series(answers: pa.Table) -> pa.Table:
    """For each series: its sum over all periods, the first period's forecast and range, how wide all are."""
    wide = pc.subtract(answers["high80"], answers["low80"])
    sorted_ = answers.append_column("wide", wide).sort_by(
        [("series", "ascending"), ("time", "ascending")]
    )
    return sorted_.group_by("series", use_threads=False).aggregate(
        [
            ("prediction", "sum"),
            ("wide", "sum"),
            ("prediction", "last"),
            *((name, "first") for name in ("prediction", "low80", "high80")),
        ]
    )


def _rows(grouped: pa.Table | None) -> list[dict[str, Any]]:
    """The same, by the words that lines are made of."""
    return [
        {"series": row["series"], "all": row["prediction_sum"], "wide": row["wide_sum"],
         "next": row["prediction_first"], "last": row["prediction_last"],
         "low": row["low80_first"], "high": row["high80_first"]}
        for row in (grouped.to_pylist() if grouped is not None else [])
    ]  # fmt: skip
