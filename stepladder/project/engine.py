"""Which engine runs the SQL, and how a rung is run on it: DuckDB in a child process, or Spark here."""

from __future__ import annotations

from collections.abc import Callable

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.fence.measure import Measured, measure


def door(ask: Ask) -> type[History]:
    """The history of the engine that question.toml names."""
    if ask.engine == "duckdb":
        return History
    from stepladder.spark import SparkHistory

    return SparkHistory


def runner(ask: Ask) -> Callable[..., Measured]:
    """What runs one rung at one cutoff on that engine."""
    if ask.engine == "duckdb":
        return measure
    from stepladder.bakeoff.on_spark import measure_on_spark

    return measure_on_spark
