"""Who is learnt from where every customer is a row of their own: all, or a million drawn by lot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stepladder.core.cases import hashed

MOST = 1_000_000  # customers that a rung lays side by side in memory to learn from


def only_drawn(customers: int) -> str:
    """The condition on rows of purchases, in SQL, to be those of whom is learnt from; "" where that is all.

    `customers`: how many there are. Those with the lowest hashes are drawn, as in core/cases.py: the
    same on every engine, and whoever is drawn among many is drawn among fewer. About MOST of them are.
    """
    if customers <= MOST:
        return ""
    return f"where left({hashed(('customer',))}, 8) < '{int(MOST / customers * 16**8):08x}'"


def cost(what: str, values: NDArray[np.float64], customers: int) -> str:
    """What it costs that a sample taught it, in a sentence; "" where all did.

    `values`: of each customer learnt from what is averaged, e.g. purchases. The relative standard error
    of their mean, which is the spread over the mean and the square root of how many they are.
    """
    if customers <= MOST:
        return ""
    error = values.std() / values.mean() / np.sqrt(len(values))
    return (
        f"{what} was learnt from {len(values):,} of {customers:,} customers, drawn by lot: its average is "
        f"off by about {error:.2%} for that (relative standard error). Add as much to the ranges."
    )
