"""An endless, varied stream from a seed: each pick leads on to the next, and nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

LATEST, EACH = 4, 2  # picks that lead on, beside the seed; picks from one list


def stream(
    related: Callable[[Sequence[object]], Sequence[object]], seeds: Sequence[object], seed: int
) -> Iterator[object]:
    """Items one after the other, until nothing is left; the same seeds and seed give the same stream.

    `related(items)`: what to show somebody who took these, best first. Of each list a few are drawn,
    the nearer the likelier, and the next list is asked for the seeds and the latest picks.
    """
    rng = np.random.default_rng(seed)
    heard, latest = set(seeds), list[object]()
    while True:
        fresh = [item for item in related([*seeds, *latest]) if item not in heard]
        if not fresh:
            return
        chance = 1 / (np.arange(len(fresh)) + 3.0)
        size = min(EACH, len(fresh))
        for i in rng.choice(len(fresh), size, replace=False, p=chance / chance.sum()):
            heard.add(fresh[i])
            latest = [*latest, fresh[i]][-LATEST:]
            yield fresh[i]


def radio(
    related: Callable[[Sequence[object]], Sequence[object]],
    seeds: Sequence[object],
    seed: int,
    n: int,
) -> list[object]:
    """The first n items of the stream."""
    return list(islice(stream(related, seeds, seed), n))
