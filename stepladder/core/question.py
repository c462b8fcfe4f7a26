"""What a question is: one folder that says what is asked, of which tables, and what a wrong answer costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import pyarrow as pa

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.core.table import TableSpec

Role = Literal["calibrate", "choose", "report"]


class Newcomers(NamedTuple):
    """Those first met after the cutoff, asked about once their first rows are laid over the past."""

    cases: pa.Table
    rows: Mapping[str, pa.Table]  # table -> their first rows, dated before the cutoff


class Holdout(NamedTuple):
    """A replay of the past: what was known, what came of it, and what the replay is for.

    `choose` windows decide; the `report` window is the last and touched once; a `calibrate` window
    only teaches how far predictions stray, so that low and high mean something at later ones.
    `cases` are those asked about, everyone known where None.
    """

    past: History
    later: History
    role: Role
    cases: pa.Table | None = None
    newcomers: Newcomers | None = None


class Completed(NamedTuple):
    """Predictions fit for scoring and for use, and how many had to be mended."""

    predictions: pa.Table
    nulls: int  # cases without an opinion, answered as the reference
    floored: int  # answers raised, or taken out by a rule


@dataclass(frozen=True)
class Demo:
    """Bundled real data: a file in the question's folder, how to read it, and where it comes from."""

    file: str
    columns: Mapping[str, str]
    choices: Mapping[str, Any]
    source: str
    settings: str = ""  # lines of question.toml


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
    GAIN: str  # what there is to gain over the reference, in lay words
    DERIVED: tuple[str, ...]  # those of its views worked out once for each moment, and kept
    SETTINGS: str  # what a new question.toml says beyond the usual, with comments
    GLOSSARY: Mapping[str, str]
    DEMO: Demo

    def horizon(self, days: int) -> int:
        """A sensible horizon, in days, for data that span so many days."""

    def check(self, history: History) -> None:
        """Raise Problem on data that cannot carry the question at all."""

    def views(self, ask: Ask) -> Mapping[str, str]:
        """SELECTs that every rung sees as tables, made of the question's tables and its settings."""

    def cases(self, history: History) -> pa.Table:
        """Everyone asked about as of the history's now: KEYS…"""

    def holdouts(self, history: History) -> Iterator[Holdout]:
        """Replays of the past, earliest first; the last one reports."""

    def complete(
        self, answers: pa.Table, reference: pa.Table, past: History, cases: pa.Table
    ) -> Completed:
        """A rung's checked answers, filled from the reference's and held to the business's rules."""

    def outcome(self, past: History, later: History, cases: pa.Table) -> pa.Table:
        """What came of each case, in the order of the cases: actual, and what else the loss needs."""

    def loss(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """What the predictions cost: UNIT…, loss, weight; the same rows in the same order for every rung."""

    def explain(self, history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
        """A few answers with the rows they come from, the rung's own `why` if given, and `because`: words."""

    def measures(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """Footnotes that choose nothing: name, value, sentence."""
