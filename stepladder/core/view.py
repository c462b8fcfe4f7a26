"""What a report shows of a question beyond the figures: its data, its answers, and pictures made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model


class Exam(NamedTuple):
    """The last replay: what was known, newcomers' first rows included, what came later, and who was asked."""

    known: History
    later: History
    cases: pa.Table


class Expected(NamedTuple):
    """What is to come in all: the forecast, between what to plan, and how far off it was last time."""

    what: str  # "About 5,760 purchases"; empty where nothing is forecast as of now
    plan: str
    last: str


class Standing(NamedTuple):
    """How far a project has come: which rung was decided on, and which is in production; empty: none."""

    decided: str = ""
    shipped: str = ""


NOT_DECIDED = Standing()


@dataclass(frozen=True)
class View:
    """What a page may show: everything known, what each rung answered, and what came of it."""

    history: History  # everything known, up to now
    cutoffs: tuple[date, ...]  # where the replays stood; the last one reports
    rung: str  # whose answers the pictures show: the proposed rung, or the one decided for
    reference: str  # the rung that every other must beat
    at_cutoff: Mapping[str, pa.Table]  # rung -> its answers at the last: KEYS…, prediction, low, …
    at_now: Mapping[str, pa.Table]  # rung -> its answers as of now, where the chart needs them
    outcome: pa.Table  # what came after the last cutoff: KEYS…, actual, …
    exam: Exam
    labels: Mapping[str, str]  # rung -> its name in words
    # a few of the shown rung's answers with `why`, rows of the data, and `because`, words
    explained: Callable[[pa.Table], pa.Table]
    mask: bool = True  # show aliases instead of ids
    models: Mapping[str, Model] = field(
        default_factory=dict
    )  # rung -> as fitted at the last cutoff
    loss_changed: str = ""  # that the project's loss is another by now, in a sentence
    times: float = 1.0  # how many of everybody each case of the exam stands for
    now_times: float = 1.0  # … and each of those answered as of now
    standing: Standing = NOT_DECIDED
    asked: Mapping[int, str] = field(default_factory=dict)  # what each check asks, by its number

    @property
    def cutoff(self) -> date:
        """The cutoff of the exam: the last, which chose nothing."""
        return self.cutoffs[-1]


@dataclass(frozen=True)
class Table:
    """A small table of ready words; columns named in `words` are text, the others figures."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the page: a title, what it says in a sentence or two, and a picture or a table.

    `draw(width)` returns an altair chart for a plot that many pixels wide; colours are the page's.
    """

    title: str
    sentence: str
    draw: Callable[[int], Any] | None = None
    alt: str = ""  # what the picture shows, for somebody who cannot see it
    table: Table | None = None


@dataclass(frozen=True)
class Strip:
    """One case's story on a line of time: events up to the cutoff, then what came of it."""

    start: date
    cutoff: date
    end: date
    before: tuple[date, ...]
    after: tuple[date, ...]


@dataclass(frozen=True)
class Entry:
    """One place of a list: what is shown there, whether it was taken afterwards, and why it is shown."""

    title: str
    hit: bool = False
    because: str = ""  # ready words
    rows: tuple[int, ...] = ()  # the case's own rows that it comes from


@dataclass(frozen=True)
class Listed:
    """What one rung lists for a case, best first."""

    heading: str
    entries: tuple[Entry, ...]
    shown: bool = False  # whether this is the rung that the page is about


@dataclass(frozen=True)
class Course:
    """One measure as it went on: what was, what was said of it with its range, and what came.

    said: when, the answer, low, high; None where there is no range.
    """

    was: tuple[tuple[date, float], ...]
    said: tuple[tuple[date, float, float | None, float | None], ...]
    came: tuple[tuple[date, float], ...]


@dataclass(frozen=True)
class Example:
    """One case to learn from: what was known, what was answered, what came, and from which rows."""

    key: str
    kind: str  # why it was picked, e.g. "newcomer", "biggest miss"
    reason: str  # one sentence
    strip: Strip | None
    facts: tuple[tuple[str, str], ...]  # label, ready words
    table: str = ""  # whose rows …
    rows: tuple[int, ...] = ()  # … the forecast comes from
    past: tuple[tuple[str, str], ...] = ()  # what they had: title, day; the latest first
    lists: tuple[Listed, ...] = ()  # side by side
    came: str = ""  # what they went on to take, in a sentence
    course: Course | None = None


class Chart(Protocol):
    """The contract of a question's `chart` module."""

    COUNTED: str  # what predictions add up to, e.g. "purchases"; empty where a sum means nothing
    ANSWER: str  # what a rung answers with, in one word: a forecast, a list
    MENDED: str  # what was done, {n} times, to answers that could not stand as they were
    NOW: bool  # whether the page shows answers as of now, which takes asking again
    PEOPLE: bool  # whether cases are people, whose ids are masked unless somebody asks for them

    # it may have NAMES: what its further columns (EXTRAS) are called for people, by column

    def meaning(self, view: View) -> str:
        """What the rung's answers mean to the business, in one or two sentences; a line a paragraph."""

    # where no totals are kept (COUNTED is empty) it may have `expected(view) -> list[Expected]`

    def scored(self, view: View) -> str:
        """Who of those asked about at the exam is marked, and who not; empty where everyone is."""

    def about_examples(self, view: View) -> str:
        """How the examples are to be read, in a sentence or two."""

    def sections(self, view: View) -> list[Section]:
        """The question's own pictures and tables."""

    def examples(self, view: View, n: int) -> list[Example]:
        """At most n instructive cases."""

    def story(self, view: View, case: Mapping[str, Any]) -> Example:
        """One case, CASE by name, told as examples are, for a page of its own; may be left out."""
