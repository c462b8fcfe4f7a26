"""Queries that every request asks, answered for a few rows by plain Python: the SQL says what is meant.

DuckDB plans a query anew each time it is asked, which takes longer than answering it over ten rows. So a
few queries have a twin that gives the same table. A twin is found by the text of its query: whoever
changes the SQL has it answered by DuckDB again, more slowly, until the twin is changed too. The tests
hold each to DuckDB's answer on random rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

import pyarrow as pa

from stepladder.core.ask import Ask

FEW = 5_000  # rows beyond which DuckDB is quicker
Tables = Mapping[str, pa.Table]


class Seen(Protocol):
    """What a twin sees of the history that it answers for."""

    @property
    def ask(self) -> Ask:
        """The question as it was released."""

    @property
    def now(self) -> Any:
        """The moment."""

    @property
    def rows(self) -> Tables:
        """The rows that the request brings."""

    def sql(self, query: str) -> pa.Table:
        """What is the same for everyone."""

    def once(self, key: str, work_out: Callable[[], Any]) -> Any:
        """Something worked out from these rows, kept as long as they are."""

    def ever(self, key: str, work_out: Callable[[], Any]) -> Any:
        """Something worked out from what is the same for everyone, kept."""


Twin = Callable[[Seen, Tables], pa.Table]


def twins(question: str) -> dict[str, Twin]:
    """The twins of a question's queries, by the hash of the query's text; none for most questions."""
    try:
        module = import_module(f"{__name__}.{question}")
    except ModuleNotFoundError:
        return {}
    return dict(module.TWINS)


def named(query: str) -> str:
    """A query's name: the hash of its text."""
    return hashlib.sha256(query.encode()).hexdigest()[:16]


def columns(table: pa.Table) -> dict[str, list[Any]]:
    """A table's columns as lists."""
    found: dict[str, list[Any]] = table.to_pydict()
    return found
