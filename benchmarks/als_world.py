"""A matrix of likes of MovieLens-25M's shape: few love everything, most love the same.

Persons differ in how much they like (long-tailed, at least 20 draws), items in how often they are
liked (a power law); every item belongs to one of some dozens of tastes, every person to three, and
six draws in ten follow a taste. Without tastes the matrix would have rank one and nothing to learn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr

PERSONS, ITEMS, ENTRIES = 162_541, 62_423, 25_000_000
TASTES, FOLLOWS_TASTE = 48, 0.6


def likes(persons: int, items: int, entries: int, seed: int = 1) -> Csr:
    """Exactly `entries` distinct likes with a strength of 1, 2 or 3, persons × items."""
    rng = np.random.default_rng(seed)
    activity = 20 + 55 * rng.lognormal(0.0, 1.4, persons)
    draws = np.minimum(activity * (1.8 * entries / activity.sum()) + 1, items / 4).astype(np.int64)
    who = np.repeat(np.arange(persons), draws)
    shelf = _shelf(rng, who, persons)
    order, edges = _shelves(rng, items)
    place = np.searchsorted(edges, shelf + rng.random(len(who)), side="right")
    what = order[np.minimum(place, len(order) - 1)]  # the last edge may be a rounding below
    keys = np.unique(who * items + what)
    if len(keys) < entries:
        raise SystemExit(f"only {len(keys):,} distinct likes came out; ask for fewer")
    lost = np.sort(rng.choice(len(keys), len(keys) - entries, replace=False))
    who, what = np.divmod(np.delete(keys, lost), items)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(who, minlength=persons))])
    strength = rng.choice(np.array([1, 2, 3], np.float32), entries, p=[0.7, 0.2, 0.1])
    return Csr(indptr, what.astype(np.int32), strength)


def _shelf(rng: np.random.Generator, who: NDArray[np.int64], persons: int) -> NDArray[np.int64]:
    """Each draw's shelf: one of the person's three tastes, or the shelf with everything."""
    own = rng.integers(0, TASTES, (persons, 3))
    chosen = own[who, rng.integers(0, 3, len(who))]
    return np.where(rng.random(len(who)) < FOLLOWS_TASTE, chosen, TASTES)


def _shelves(rng: np.random.Generator, items: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Items shelf by shelf, and the running share of each on its shelf, shelf s on (s, s + 1]."""
    popularity = rng.permutation((np.arange(items) + 500.0) ** -2.1)
    taste = rng.integers(0, TASTES, items)
    order = np.concatenate([np.argsort(taste, kind="stable"), np.arange(items)])
    shelf = np.concatenate([np.sort(taste), np.full(items, TASTES)])
    weight = popularity[order]
    share = weight / np.bincount(shelf, weight)[shelf]
    return order, np.minimum(np.cumsum(share), shelf + 1.0)


def stored(folder: Path, persons: int, items: int, entries: int, seed: int = 1) -> Csr:
    """The same matrix from npy files in a folder, written at the first call."""
    at = folder / f"likes-{persons}-{items}-{entries}-{seed}"
    if not at.exists():
        at.mkdir(parents=True)
        for name, array in likes(persons, items, entries, seed)._asdict().items():
            np.save(at / f"{name}.npy", array)
    return Csr(*(np.load(at / f"{name}.npy") for name in Csr._fields))
