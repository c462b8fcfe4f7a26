"""Which engine runs the SQL, and how a rung is run on it: DuckDB behind the fence, or Spark here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.fence.fenced import Fenced
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


def shared(ask: Ask, project: Path) -> Path | None:
    """Where a run writes what every machine reads: in the project, as its tables are; None: anywhere here."""
    alone = ask.engine == "duckdb" or ask.spark.startswith("local")
    return None if alone else project


def everywhere(ask: Ask) -> Callable[..., int] | None:
    """What has everybody answered where the data lie; None where that is on this machine."""
    if ask.engine == "duckdb":
        return None
    from stepladder.project.everywhere import answered_everywhere

    return answered_everywhere


def askable(rung: Rung, ask: Ask, project: Path) -> Rung:
    """The rung as it may be asked: ours here, somebody's own behind the fence."""
    if rung.ours:
        return rung
    if ask.engine == "duckdb":
        return Fenced(rung.path, project=project)
    from stepladder.spark import UNFENCED

    return replace(rung, free=UNFENCED)
