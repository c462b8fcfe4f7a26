"""What a question is: one folder that says what is asked, of which tables, and what a wrong answer costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import pyarrow as pa

from stepladder.core.ask import Ask, Settings
from stepladder.core.history import History
from stepladder.core.stats import Floats
from stepladder.core.table import TableSpec

Role = Literal["calibrate", "choose", "report"]
Intervals = Literal["count", "number", "share"] | None
Kind = Literal["share", "number", "text"]
Reference = Callable[[], pa.Table]  # the reference's answers, asked for only where they are needed


class Newcomers(NamedTuple):
    """Those first met after the cutoff, asked about once their first rows are laid over the past."""

    cases: pa.Table
    rows: Mapping[str, pa.Table]  # table -> their first rows, dated before the cutoff


@dataclass(frozen=True)
class Holdout:
    """A replay of the past: what was known, what came of it, and what the replay is for.

    `choose` windows decide; the `report` window is the last and touched once; a `calibrate` window
    only teaches how far predictions stray, so that low and high mean something at later ones.
    `cases` are those asked about, everyone known where None. `name` tells replays of one moment apart;
    by default it is the moment. A truth that was planted stands in `later.planted`.
    """

    past: History
    later: History
    role: Role
    cases: pa.Table | None = None
    newcomers: Newcomers | None = None
    name: str = field(default="")

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.past.now.isoformat().replace(":", ""))


class Completed(NamedTuple):
    """Predictions fit for scoring and for use, and how many had to be mended."""

    predictions: pa.Table
    nulls: int  # cases without an opinion, answered as the reference
    floored: int  # answers raised, or taken out by a rule


class Rule(NamedTuple):
    """A setting of the business's that names a column of a table, and the values of it that it is about.

    A text may hold several values, as in Comedy|Drama. `values` is empty where any value will do.
    `absent`: the setting that says which values need not be there, where there is one.
    """

    setting: str  # as it stands in question.toml: the section and the key
    table: str
    column: str
    values: tuple[str | int | float, ...] = ()
    absent: str = ""


class Doubt(NamedTuple):
    """Something in a table that the business should decide on: its kind, the same for ever, and words."""

    table: str
    kind: str
    sentence: str


class Worth(NamedTuple):
    """What each case is expected to bring, and what of the outcome says what it brought.

    `expected` stands in the order of the answers; `actual` is a column of `outcome`; `unit` is what
    both count, such as "money" or "purchases".
    """

    expected: Floats
    actual: str
    unit: str


class Own(NamedTuple):
    """What a newcomer brings: rows of which table, one or many, and whether with columns of their own.

    `refuse` raises Problem on rows of which nothing can be said, at every door where somebody asks.
    """

    table: str
    many: bool = True
    rest: bool = False
    refuse: Callable[[History, pa.Table], None] = lambda history, rows: None


@dataclass(frozen=True)
class Demo:
    """Bundled real data: a file in the question's folder, how to read it, and where it comes from."""

    file: str
    columns: Mapping[str, str]
    choices: Mapping[str, Any]
    source: str
    settings: str = ""  # lines of question.toml


def case_word(question: Question) -> str:
    """What a case is called: its columns' names, as in "customer" or "shop ticket"."""
    return " ".join(question.CASE)


def many(case: str) -> str:
    """More than one of these: customers, people."""
    return {"person": "people"}.get(case, case if case.endswith("s") else f"{case}s")


def references(question: Question) -> tuple[str, ...]:
    """The rungs of which one is the reference, which every other must beat."""
    named = question.REFERENCE
    return (named,) if isinstance(named, str) else tuple(named)


def glance(question: Question, answers: Iterable[pa.Table], ask: Ask) -> tuple[str, ...]:
    """The first look at answers about everybody, in ready lines; nothing where a question has no `glance`.

    answers: part after part, all of a case in one of them.
    """
    found: Callable[[Iterable[pa.Table], Ask], tuple[str, ...]] | None
    found = getattr(question, "glance", None)
    return found(answers, ask) if found else ()


class Answering(Protocol):
    """A rung that has learnt, asked about one case at a time without learning anew."""

    @property
    def history(self) -> History:
        """All that is known."""

    def known(self, case: str) -> pa.Table:
        """The answer for somebody who is in the data. Raises Problem where nobody has that id."""

    def new(self, rows: pa.Table) -> pa.Table:
        """The answer for somebody never seen, from rows of their own, oldest first."""

    def asking(self, **settings: Any) -> Answering:
        """The same, with other settings of the question."""


Lookup = Callable[[Answering, Mapping[str, Any]], pa.Table]  # from what was given, by flag


class Question(Protocol):
    """The contract of a question's module: names in capitals are declarations, the rest functions.

    CASE: the columns of what is asked about; KEYS: those of a row answered, CASE among them, where a case
    may have several rows (items of a list, steps ahead, labels); UNIT: of what is independent. Tables of
    answers, outcomes and losses are joined by these, never by position.
    """

    WORDS: str  # the question as a business person asks it
    PREDICTION: str  # what the number in `prediction` is, in lay words; may name {horizon}
    LOSS: str  # the loss in lay words
    LOSS_IN_MONEY: str | None  # the same where prices are given; None where it can be no money
    TABLES: tuple[TableSpec, ...]
    CASE: tuple[str, ...]
    KEYS: tuple[str, ...]
    UNIT: tuple[str, ...]
    EXTRAS: Mapping[str, Kind]
    INTERVALS: Intervals  # what low and high hold: a count, a number, the share among like cases
    LABELS: Mapping[
        str, float
    ]  # where outcomes, or people's answers, are words: what each counts as
    REFERENCE: str | tuple[str, ...]  # of several, the bake-off takes the one hardest to beat
    OWN: Own | None  # None where nobody new can be answered
    GAIN: str  # what there is to gain over the reference, in lay words
    DERIVED: tuple[str, ...]  # those of its views worked out once for each moment, and kept
    Settings: type[Settings]
    GLOSSARY: Mapping[str, str]
    DEMO: Demo | None
    LOOKUPS: Mapping[
        str, Lookup
    ]  # further ways to ask, by the flag of `predict`; the last one given counts

    def settings(self, history: History) -> str:
        """What a new question.toml says beyond the usual, of these data: lines with comments.

        The history has the question's tables and not yet its views.
        """

    def horizon(self, days: int, ask: Ask) -> int:
        """A sensible horizon, in days, for data that span so many days, as they are asked of."""

    def check(self, history: History) -> None:
        """Raise Problem on data that cannot carry the question at all."""

    def doubts(self, history: History) -> tuple[Doubt, ...]:
        """What the data look like they need and the settings do not say; nothing once they do."""

    def rules(self, ask: Ask) -> tuple[Rule, ...]:
        """Settings that name columns of the tables and values in them, held against the data each night."""

    def views(self, ask: Ask) -> Mapping[str, str]:
        """SELECTs that every rung sees as tables, made of the question's tables and its settings."""

    def cases(self, ask: Ask) -> str:
        """A SELECT of everyone asked about as of a history's now, in any order: CASE…"""

    def rows(self, ask: Ask) -> int:
        """How many rows the answer about a case may have: items of a list, periods ahead."""

    def adds_up(self, ask: Ask) -> bool:
        """Whether answers are also about what cases add up to: then all of them are asked about at once."""

    def holdouts(self, history: History) -> Iterator[Holdout]:
        """Replays of the past, earliest first; the last one reports."""

    def complete(
        self, answers: pa.Table, reference: Reference, past: History, cases: pa.Table
    ) -> Completed:
        """A rung's checked answers, filled from the reference's and held to the business's rules."""

    def scale(self, past: History, cases: pa.Table) -> pa.Table | None:
        """How far each case strays by nature; None where all are alike.

        CASE… or KEYS…, scale; where errors are alike only within kinds, or so far ahead, also kind and step
        (whole numbers); and where low and high are so bounded, least (no lower) and whole (rounded
        outwards). Low and high are as far from the prediction as earlier errors, held against their scale,
        say (`core/strays.py`), for 95 of 100; low80 and high80, where EXTRAS has them, for 80. What it
        needs of other cases is a view in DERIVED: newcomers are asked about alone.
        """

    def outcome(self, past: History, later: History, cases: pa.Table) -> pa.Table:
        """What came: KEYS…, actual (null where it is not known yet), and what else the loss needs.

        summed, a yes or no, where some rows add up others, as a shop does its articles: such rows teach low
        and high, and count nowhere else. Cases that nobody knows may be named; nothing came of them.
        """

    def worth(self, answers: pa.Table, past: History) -> Worth | None:
        """What each case is expected to bring, before any cost, so that a list of the best can be made.

        None where answers say no amount: where a case has several rows, as in lists.
        """

    def loss(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """What the predictions cost: UNIT…, loss, weight; the same rows in the same order for every rung."""

    def explain(self, history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
        """A few answers with the rows they come from, the rung's own `why` if given, and `because`: words."""

    def measures(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """Footnotes that choose nothing: name, value, sentence; title, where the name is one for machines."""
