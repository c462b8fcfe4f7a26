"""One real local Spark for the whole run."""

from __future__ import annotations

import pytest

from stepladder import questions
from stepladder.spark import session

from .worlds import ADDRESS, Toy, make


@pytest.fixture(scope="session")
def spark():
    """The session, set for small tables, as any project's with tables so small."""
    return session(ADDRESS, 1500, 0)


@pytest.fixture(scope="session")
def toys(spark, tmp_path_factory) -> dict[str, Toy]:
    return {name: make(name, tmp_path_factory.mktemp(name)) for name in questions.names()}
