"""What a report shows of a question beyond the figures: its data, its answers, and pictures made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model


@dataclass(frozen=True)
class View:
    """What a page may show: everything known, what each rung answered, and what came of it."""

    history: History  # everything known, up to now
    cutoffs: tuple[date, ...]  # where the replays stood; the last one reports
    rung: str  # whose answers the pictures show: the proposed rung, or the one decided for
    at_cutoff: Mapping[str, pa.Table]  # rung -> its answers at the last: KEYS…, prediction, low, …
    at_now: Mapping[str, pa.Table]  # rung -> its answers as of now
    outcome: pa.Table  # what came after the last cutoff: KEYS…, actual, …
    mask: bool = True  # show aliases instead of ids
    models: Mapping[str, Model] = field(
        default_factory=dict
    )  # rung -> as fitted at the last cutoff

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
class Example:
    """One case to learn from: what was known, what was forecast, what came, and from which rows."""

    key: str
    kind: str  # why it was picked, e.g. "champion", "biggest miss"
    reason: str  # one sentence
    strip: Strip | None
    facts: tuple[tuple[str, str], ...]  # label, ready words
    table: str = ""  # whose rows …
    rows: tuple[int, ...] = ()  # … the forecast comes from


class Chart(Protocol):
    """The contract of a question's `chart` module."""

    COUNTED: str  # what predictions add up to, e.g. "purchases"; empty where a sum means nothing

    def meaning(self, view: View) -> str:
        """What the rung's forecast says as of now, in one or two sentences."""

    def sections(self, view: View) -> list[Section]:
        """The question's own pictures and tables."""

    def examples(self, view: View, n: int) -> list[Example]:
        """At most n instructive cases."""
