"""What differs between two Parquet files, column by column: one DuckDB pass each, no row ever in Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from stepladder.core.history import literal
from stepladder.core.stats import Floats
from stepladder.watch.look_through import Look, edges, kinds, looked, marks

TINY = 1e-4  # a share of nothing, for logarithms


@dataclass(frozen=True)
class Difference:
    """One column in both files.

    psi: population stability index over the bins and the gaps. statistic: the largest distance between
    the two distributions, at the bins' edges (texts: half the sum of differences). least: what chance
    alone reaches in one of twenty comparisons of columns like these, all of them together, if rows are
    independent. moved: shift of the mean in the reference's standard deviations.
    """

    column: str
    kind: str
    rows: tuple[int, int]
    nulls: tuple[float, float]
    mean: tuple[float, float] | None
    moved: float | None
    deciles: tuple[tuple[float, ...], tuple[float, ...]] | None
    shares: tuple[tuple[float, ...], tuple[float, ...]]
    psi: float
    statistic: float
    least: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the files differ here by more than sampling explains; weeks always do a little."""
        return self.statistic > self.least


def drift_between(reference: str | Path, current: str | Path) -> list[Difference]:
    """Every column of both files compared; those of one file only raise Problem.

    Raises Problem where a file cannot be read or columns are missing or of another kind.
    """
    with duckdb.connect(config={"threads": 1}) as con:
        files = [f"read_parquet({literal(str(path))})" for path in (reference, current)]
        columns = kinds(con, files, (reference, current))
        divided = marks(con, files[0], columns)
        known = {name: found for name, found in divided.items() if columns[name] == "number"}
        n, old = looked(con, files[0], columns, divided, known)
        m, new = looked(con, files[1], columns, divided, {})
    return [
        _difference(
            name, kind, (n, m), (old[name], new[name]), edges(divided[name], kind), len(columns)
        )
        for name, kind in columns.items()
    ]


def _difference(
    name: str,
    kind: str,
    rows: tuple[int, int],
    looks: tuple[Look, Look],
    ends: list[Any],
    columns: int,
) -> Difference:
    old, new = (_shares(look, ends, n) for look, n in zip(looks, rows, strict=True))
    some, more = np.maximum(old, TINY), np.maximum(new, TINY)
    apart = np.abs(np.cumsum(old - new)).max() if kind == "number" else np.abs(old - new).sum() / 2
    before, after = looks[0].mean, looks[1].mean
    means = None if before is None or after is None else (float(before), float(after))
    both = None
    if looks[0].deciles and looks[1].deciles:
        both = tuple(looks[0].deciles), tuple(looks[1].deciles)
    return Difference(
        column=name,
        kind=kind,
        rows=rows,
        nulls=(float(old[-1]), float(new[-1])),
        mean=means,
        moved=(means[1] - means[0]) / looks[0].spread if means and looks[0].spread else None,
        deciles=both,
        shares=(tuple(map(float, old)), tuple(map(float, new))),
        psi=float(((more - some) * np.log(more / some)).sum()),
        statistic=float(apart),
        least=_least(rows, columns, kind, len(old)),
    )


def _shares(look: Look, ends: list[Any], n: int) -> Floats:
    """Shares of the bins, the last of what lies in none of them, then of the gaps."""
    counted = look.counts or {}
    inside = [float(counted.get(edge, 0)) for edge in ends]
    return np.array([*inside, look.there - sum(inside), n - look.there]) / max(n, 1)


def _least(rows: tuple[int, int], columns: int, kind: str, bins: int) -> float:
    """What chance reaches: Kolmogorov's bound (Massart), or Bretagnolle and Huber-Carol's for shares."""
    alpha = 0.05 / max(columns, 1)
    size = 1 / max(rows[0], 1) + 1 / max(rows[1], 1)
    if kind == "number":
        return float(np.sqrt(np.log(2 / alpha) / 2 * size))
    return float(np.sqrt((bins * np.log(2) + np.log(1 / alpha)) / 2 * size))
