"""What a question is: one folder that says what is asked, of which tables, and what a wrong answer costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.tables.spec import TableSpec

Role = Literal["calibrate", "choose", "report"]


class Holdout(NamedTuple):
    """A replay of the past: what was known, what came of it, and what the replay is for.

    `choose` windows decide; the `report` window is the last and touched once; a `calibrate` window
    only teaches how far predictions stray, so that low and high mean something at later ones.
    """

    past: History
    later: History
    role: Role


@dataclass(frozen=True)
class Demo:
    """Bundled real data: a file in the question's folder, how to read it, and where it comes from."""

    file: str
    columns: Mapping[str, str]
    choices: Mapping[str, Any]
    source: str


class Question(Protocol):
    """The contract of a question's module: names in capitals are declarations, the rest functions."""

    WORDS: str  # the question as a business person asks it
    PREDICTION: str  # what the number in `prediction` is, in lay words; may name {horizon}
    LOSS: str  # the loss in lay words
    LOSS_IN_MONEY: str  # the same where prices are given
    TABLES: tuple[TableSpec, ...]
    CASE: str  # what is asked about, in one word
    KEYS: tuple[str, ...]
    UNIT: tuple[str, ...]
    EXTRAS: Mapping[str, Literal["share", "number", "text"]]
    INTERVALS: Literal["count", "number"] | None
    REFERENCE: str
    FLOOR: float | None  # predictions below this share of the reference's are raised to it
    GLOSSARY: Mapping[str, str]
    DEMO: Demo

    def horizon(self, days: int) -> int:
        """A sensible horizon, in days, for data that span so many days."""

    def check(self, history: History) -> None:
        """Raise Problem on data that cannot carry the question at all."""

    def cases(self, history: History) -> pa.Table:
        """Everyone asked about as of the history's now: KEYS…"""

    def holdouts(self, history: History) -> Iterator[Holdout]:
        """Replays of the past, earliest first; the last one reports."""

    def outcome(self, past: History, later: History, cases: pa.Table) -> pa.Table:
        """What came of each case, in the order of the cases: KEYS…, actual (and what else the loss needs)."""

    def loss(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """What each prediction cost: UNIT…, loss, weight; one row per case, in the order of the cases."""

    def measures(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """Footnotes that choose nothing: name, value, sentence."""
