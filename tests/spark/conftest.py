"""One real local Spark for the whole run."""

from __future__ import annotations

import os

import pytest

from stepladder import questions
from stepladder.spark import session

from .worlds import ADDRESS, Toy, make


@pytest.fixture(scope="session")
def spark():
    """The session. What pays for large tables only is left out: it changes the pace, not the answers."""
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"
    found = session(ADDRESS, 1500)
    del os.environ["JDK_JAVA_OPTIONS"]
    found.conf.set("spark.sql.shuffle.partitions", "2")
    for name in ("codegen.wholeStage", "adaptive.enabled"):
        found.conf.set(f"spark.sql.{name}", "false")
    return found


@pytest.fixture(scope="session")
def toys(spark, tmp_path_factory) -> dict[str, Toy]:
    return {name: make(name, tmp_path_factory.mktemp(name)) for name in questions.names()}
