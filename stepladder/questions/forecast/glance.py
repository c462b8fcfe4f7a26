"""The first look at a file of forecasts, in a terminal: the total, the largest, the least sure."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.ask import Ask
from stepladder.questions.forecast import levels
from stepladder.questions.forecast.figures import figure
from stepladder.questions.forecast.settings import TOTAL, counted, steps

SHOWN = 5


def glance(answers: pa.Table, ask: Ask) -> tuple[str, ...]:
    """Lines that say what was forecast: how much, of whom most, and where it is least sure."""
    if not answers.num_rows:
        return ("No series is forecast: all have ended.",)
    names, span = ask.settings.levels, counted(steps(ask), ask.settings.every)
    total = _by_series(answers.filter(pc.equal(answers["level"], TOTAL))) if names else []
    found = _by_series(levels.bottom(answers, names))
    first = pc.min(answers["time"]).as_py()
    head = f"{len(found):,} series, {span} from {first:%Y-%m-%d} on."
    lines = [head, *(_line("All together", row, ask) for row in total)]
    if len(found) > SHOWN:
        largest = sorted(found, key=lambda row: -row["all"])[:SHOWN]
        lines += ["The largest:", *(_line(f"  {row['series']}", row, ask) for row in largest)]
        wide = sorted(
            (row for row in found if row["wide"] is not None), key=lambda row: -row["wide"]
        )
        unsure = [_line(f"  {row['series']}", row, ask) for row in wide[:SHOWN]]
        lines += ["The least sure, by how far low and high lie apart:", *unsure] if unsure else []
    else:
        lines += [_line(f"  {row['series']}", row, ask) for row in found]
    return tuple(lines)


def _line(who: str, row: dict[str, Any], ask: Ask) -> str:
    """Berlin / tea: about 2,310 over 14 days; the next day 150, 80 times in 100 from 120 to 190."""
    many, every = steps(ask), ask.settings.every
    over = f"about {figure(row['all'])} over {counted(many, every)}; " if many > 1 else ""
    next_ = f"{who}: {over}the next {every} {figure(row['next'])}"
    if row["low"] is None:
        return f"{next_}."
    return f"{next_}, 80 times in 100 from {figure(row['low'])} to {figure(row['high'])}."


def _by_series(answers: pa.Table) -> list[dict[str, Any]]:
    """For each series: its sum over all periods, the first period's forecast and range, how wide all are."""
    wide = pc.subtract(answers["high80"], answers["low80"])
    sorted_ = answers.append_column("wide", wide).sort_by(
        [("series", "ascending"), ("time", "ascending")]
    )
    grouped = sorted_.group_by("series", use_threads=False).aggregate(
        [
            ("prediction", "sum"),
            ("wide", "sum"),
            *((name, "first") for name in ("prediction", "low80", "high80")),
        ]
    )
    return [
        {"series": row["series"], "all": row["prediction_sum"], "wide": row["wide_sum"],
         "next": row["prediction_first"], "low": row["low80_first"], "high": row["high80_first"]}
        for row in grouped.to_pylist()
    ]  # fmt: skip
