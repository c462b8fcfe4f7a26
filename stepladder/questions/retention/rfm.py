"""Recency and frequency in fifths, and the segment that they put a customer in, as marketers name it.

The fifths and the names are those of r2_rfm_quintiles.sql; rungs that forecast in another way say the
segment too, so that whoever acts on the answers finds what the report lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.questions.retention.btyd.counts import Counts
from stepladder.questions.retention.btyd.summary import Summary

Floats = NDArray[np.float64]


def learnt(known: Counts) -> dict[str, Any]:
    """The fifths of the customers known one horizon ago, as a model keeps them."""
    return {"fifths": fifths(*known.then)}


def recency_and_frequency(known: Summary) -> tuple[Floats, Floats]:
    """Days since the last purchase, and days with a purchase; each (customers,)."""
    return np.round(7 * (known.T - known.t_x)) + 1, known.x + 1


def fifths(recency: Floats, frequency: Floats, weight: Floats | None = None) -> Floats:
    """The largest recency and frequency in each of the lowest four fifths: (2, 4), NaN where it is empty.

    weight: how many customers each pair stands for; the fifths are those of all of them.
    """
    each = np.ones(len(recency)) if weight is None else weight
    many = int(each.sum())
    ends = np.cumsum([many // 5 + (i < many % 5) for i in range(4)])
    there = np.arange(1, 5) <= many
    edges = np.full((2, 4), np.nan)
    for row, values in zip(edges, (recency, frequency), strict=True):
        order = np.argsort(values, kind="stable")
        row[there] = values[order][np.searchsorted(np.cumsum(each[order]), ends[there])]
    return edges


def segments(edges: Floats, recency: Floats, frequency: Floats) -> pa.Array:
    """The segment of each customer, (customers,); null where nothing is known of them."""
    r = 1 + (recency[:, None] <= edges[0]).sum(axis=1)
    f = 5 - (frequency[:, None] <= edges[1]).sum(axis=1)
    names = {
        "champions": (r == 5) & (f >= 4),
        "loyal": (r >= 3) & (f >= 4),
        "potential loyalists": (r >= 4) & (f >= 2),
        "new": r == 5,
        "promising": r == 4,
        "need attention": (r == 3) & (f == 3),
        "about to sleep": r == 3,
        "cannot lose them": f == 5,
        "at risk": f >= 3,
    }
    found = np.select(list(names.values()), list(names), "hibernating")
    return pa.array(found, pa.string(), mask=np.isnan(recency) | np.isnan(edges).all())
