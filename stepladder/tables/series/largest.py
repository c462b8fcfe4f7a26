"""Only the largest series: those that reach a total, which stays the same from then on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stepladder.tables.choices import Choices
from stepladder.tables.rows.rows import Rows
from stepladder.tables.series.points import Floats

DUST = 1e-9  # relative: the same values added in another order


def keep_largest(
    rows: Rows, choices: Choices, codes: npt.NDArray[np.integer], value: Floats
) -> Choices:
    """Sets the rows of all but the largest series aside; returns the choices with the total they reach.

    What is kept is the total and not the list: whoever has been among the largest stays when another
    overtakes it, and whoever becomes as large joins them.
    """
    if choices.top is None:
        return choices
    kept = rows.kept
    totals = np.bincount(codes[kept], np.nan_to_num(value[kept]))
    there = np.bincount(codes[kept]) > 0
    least = choices.least
    if least is None:
        ranked = np.sort(totals[there])[::-1]
        least = float(ranked[min(choices.top, len(ranked)) - 1])
    small = np.zeros(int(codes.max(initial=0)) + 1, bool)
    small[: len(totals)] = totals < least - DUST * abs(least)
    rows.put_aside(
        small[codes], "smaller series", f"rows are of series whose total is below {least:,.6g}"
    )
    return replace(choices, least=least)
