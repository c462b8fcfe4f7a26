"""How Spark is set by the size of the tables, where it runs on this machine: the pace, not the answers.

For small tables most of the time goes into planning, compiling and handing out work that is done at
once. So they get one task a core, plans that are run as they are, and Java's quick compiler alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from stepladder.core import at_rest

SMALL = 1_000_000  # rows
PART = 2_000_000  # of them for one task, once they are shuffled
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def size(tables: Iterable[str]) -> int:
    """How many rows tables at rest have, as their files say."""
    return sum(at_rest.count(Path(table)) for table in tables)


def java(size: int) -> str:
    """Flags of the Java that is started for tables of this size."""
    return QUICK if size <= SMALL else ""


def settings(size: int) -> dict[str, str]:
    """Settings of a session, which may change from query to query."""
    cores, small = os.cpu_count() or 1, size <= SMALL
    tasks = cores if small else max(4 * cores, size // PART)
    large_only = str(not small).lower()
    return {
        "spark.sql.shuffle.partitions": str(tasks),
        "spark.sql.adaptive.enabled": large_only,
        "spark.sql.codegen.wholeStage": large_only,
        "spark.sql.codegen.factoryMode": "NO_CODEGEN" if small else "FALLBACK",
    }
