"""The catalogue of an honest shop: items come and go, are renamed and priced anew, a little every night."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

CATEGORIES = ("Coffee", "Tea", "Cups", "Books", "Gifts", "Garden", "Toys", "Sweets")
GROUPS = 10  # of items that are priced together


@dataclass(frozen=True)
class Catalogue:
    """Every item there ever is, with the nights on which something about it changes."""

    ids: pa.Array
    launched: np.ndarray
    delisted: np.ndarray
    leaves: bool  # whether the row of a delisted item leaves the table
    category: np.ndarray  # and the one it has from a night on
    recategorised: np.ndarray
    category_then: np.ndarray
    retitled: np.ndarray
    price: np.ndarray
    group: np.ndarray
    levels: np.ndarray  # of prices, by group and night
    ask_popularity: np.ndarray

    def table(self, night: int) -> pa.Table:
        """The items as they stand in the source on a night."""
        there = self.launched <= night
        if self.leaves:
            there &= self.delisted > night
        category = np.where(self.recategorised <= night, self.category_then, self.category)
        price = np.round(self.price * self.levels[self.group, night], 2)
        renamed = pa.array(self.retitled <= night)
        titles = pa.compute.if_else(renamed, self._titles[1], self._titles[0])
        found = pa.table({
            "item": self.ids,
            "title": titles,
            "category": self._categories.take(pa.array(category)),
            "price": pa.array(price),
        }).filter(pa.array(there))  # fmt: skip
        return found.append_column("row", pa.array(np.arange(1, found.num_rows + 1)))

    @cached_property
    def _categories(self) -> pa.Array:
        return pa.array([*CATEGORIES, None])

    @cached_property
    def _titles(self) -> tuple[pa.Array, pa.Array]:
        n = len(self.ids)
        return tuple(pa.array([f"{word} {i}" for i in range(n)]) for word in ("Item", "New item"))


def catalogue(rng: np.random.Generator, days: int, before: int) -> Catalogue:
    """A catalogue of 60 to 3,000 items at the end."""
    n = int(np.exp(rng.uniform(np.log(60), np.log(3000))))
    launched = np.where(rng.random(n) < 0.6, -1, rng.integers(0, days + 1, n))
    launched[:5] = -1
    delisted = np.where(
        rng.random(n) < rng.uniform(0, 0.3), rng.integers(before, days + 1, n), 1 << 30
    )
    delisted = np.where(launched < delisted, delisted, 1 << 30)
    for night in rng.integers(before, days, 2) if rng.random() < 0.2 else ():
        delisted[rng.random(n) < rng.uniform(0.03, 0.06)] = night
    delisted[:5] = 1 << 30
    category = rng.choice(len(CATEGORIES), n, p=rng.dirichlet([4] * len(CATEGORIES)))
    category[rng.random(n) < rng.choice((0.0, 0.03))] = len(CATEGORIES)
    return Catalogue(
        pa.array(np.arange(n) + 501) if rng.random() < 0.5 else pa.array([f"SKU{i:04}" for i in range(n)]),
        launched, delisted, bool(rng.random() < 0.5), category,
        _some_night(rng, n, days, rng.uniform(0, 0.1)), rng.integers(0, len(CATEGORIES), n),
        _some_night(rng, n, days, rng.uniform(0, 0.3)), np.exp(rng.normal(2.5, 0.8, n)),
        rng.integers(0, GROUPS, n), _levels(rng, days), rng.permutation(1 / np.arange(1, n + 1) ** 0.8),
    )  # fmt: skip


def _some_night(rng: np.random.Generator, n: int, days: int, share: float) -> np.ndarray:
    return np.where(rng.random(n) < share, rng.integers(0, days + 1, n), 1 << 30)


def _levels(rng: np.random.Generator, days: int) -> np.ndarray:
    """Prices change every now and then, all on New Year's night, some are lowered for a week."""
    steps = rng.normal(0.01, 0.04, (GROUPS, days + 2)) * (rng.random((GROUPS, days + 2)) < 0.01)
    steps[:, ::365] += rng.uniform(0, 0.08)
    levels = np.exp(np.cumsum(steps, axis=1))
    for start in rng.integers(0, days, 2 * days // 365 + 1):
        levels[rng.integers(GROUPS), start : start + 7] *= 0.8
    return levels


def sold(rng: np.random.Generator, items: Catalogue, day: np.ndarray) -> np.ndarray:
    """Which item each row is about: one that was sold on that day, some far more often than others."""
    share = items.ask_popularity / items.ask_popularity.sum()
    what = rng.choice(len(share), len(day), p=share)
    for _ in range(6):
        wrong = (items.launched[what] > day) | (items.delisted[what] <= day)
        what[wrong] = rng.choice(len(share), int(wrong.sum()), p=share)
    wrong = (items.launched[what] > day) | (items.delisted[what] <= day)
    what[wrong] = rng.integers(0, 5, int(wrong.sum()))
    return what
