"""The best so many, found part after part, are those that are found at once."""

import numpy as np
import pyarrow as pa

from stepladder.project.best import Best
from stepladder.project.control import lot


def tickets(rows: pa.Table) -> list[str]:
    return [lot("salt", str(case)) for case in rows["case"].to_pylist()]


def plainly(values: list[float], top: int) -> tuple[list[int], int, int]:
    """All at once: the better first, in their order; the last places by lot among equals."""
    order = sorted(range(len(values)), key=lambda at: -values[at])
    edge = values[order[min(top, len(order)) - 1]]
    above = [at for at in order if values[at] > edge]
    tied = [at for at in order if values[at] == edge]
    places = min(top, len(order)) - len(above)
    drawn = sorted(tied, key=lambda at: lot("salt", str(at)))[:places]
    return [*above, *drawn], len(drawn), len(tied)


def test_in_parts_they_are_the_same_also_where_lots_are_drawn():
    rng = np.random.default_rng(4)
    for _ in range(200):
        values = rng.choice([-np.inf, 0.0, 1.0, 2.0, 2.5], rng.integers(1, 40))
        top, part = int(rng.integers(1, 13)), int(rng.integers(1, 10))
        best = Best(top, tickets)
        for start in range(0, len(values), part):
            at = np.arange(start, min(start + part, len(values)))
            best.take(values[at], at, pa.table({"case": at}))
            assert len(best._values) <= top
        assert best.found() == plainly(values.tolist(), top)
        assert best.among == len(values)
