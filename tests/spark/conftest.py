"""One real local Spark for the whole run."""

from __future__ import annotations

import os

import pytest

from stepladder import questions
from stepladder.spark import session

from .worlds import ADDRESS, CHEAP, QUICK, Toy, make


@pytest.fixture(scope="session")
def spark():
    """The session, cheap for small tables."""
    os.environ["JDK_JAVA_OPTIONS"] = QUICK
    found = session(ADDRESS, 1500)
    del os.environ["JDK_JAVA_OPTIONS"]
    for name, value in CHEAP.items():
        found.conf.set(f"spark.sql.{name}", value)
    return found


@pytest.fixture(scope="session")
def toys(spark, tmp_path_factory) -> dict[str, Toy]:
    return {name: make(name, tmp_path_factory.mktemp(name)) for name in questions.names()}
