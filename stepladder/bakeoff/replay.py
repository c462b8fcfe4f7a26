"""The past, prepared for replay: at each cutoff the tables as they were, written without their future."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import at_rest, outcomes
from stepladder.core.asking import numbers
from stepladder.core.cases import drawn, named, share
from stepladder.core.errors import Problem
from stepladder.core.history import ANSWERS, History
from stepladder.core.question import Holdout, Newcomers, Question
from stepladder.core.stats import Floats
from stepladder.fence.known import write_known
from stepladder.money import of_some

# of cases that were drawn at random for a person, and answered blind about this very moment
BLIND = f"from {ANSWERS} cross join ask where blind and shown_as_of = now"


@dataclass(frozen=True)
class Files:
    """What a rung's process reads: tables that lack everything from the cutoff on, and whom to ask about.

    tables: name -> (Parquet file, its time column). newcomers: those asked about once their own first
    rows are laid over, and these rows by table.
    """

    tables: dict[str, tuple[str, str | None]]
    cases: str
    newcomers: tuple[str, dict[str, str]] | None = None


@dataclass(frozen=True)
class Replay:
    """One cutoff, ready: what was known, who is asked about, what came of them, the files for a rung."""

    holdout: Holdout
    known: History  # the past, over the files; the newcomers' first rows laid over
    cases: pa.Table  # all that are judged, newcomers last
    everybody: int  # how many there were to ask about; more than cases where lots were drawn
    came: pa.Table  # KEYS…, actual: of each by itself
    actual: Floats  # the same as numbers, where it is known
    files: Files
    sums: pa.Table | None = None  # the same of what adds up others, which only teaches low and high
    scale: pa.Table | None = None  # how far each strays by nature, where the question says

    @property
    def name(self) -> str:
        """What it is called: by default its cutoff."""
        return self.holdout.name

    @property
    def now(self) -> str:
        """The cutoff, as an ISO date."""
        return self.holdout.past.now.isoformat()

    @property
    def times(self) -> float:
        """How many of everybody each case that is judged stands for."""
        return self.everybody / self.cases.num_rows

    def ended_before(self, other: Replay) -> bool:
        """Whether what came of this replay was known at the other's cutoff."""
        return self.holdout.later.now <= other.holdout.past.now


def prepare(question: Question, history: History, folder: Path) -> list[Replay]:
    """Write every cutoff's tables below `folder`, earliest cutoff first.

    Rungs learn from everybody. They are judged on as many as `sample` in question.toml says, drawn by lot.
    """
    found, judged = [], share(question, history)
    for holdout in question.holdouts(history):
        here = folder / holdout.name
        here.mkdir(parents=True)
        past, newcomers = holdout.past, holdout.newcomers
        if holdout.cases is None:
            cases, everybody = _judged(question, past, judged)
        else:
            cases, everybody = holdout.cases, holdout.cases.num_rows
        if not cases.num_rows:
            raise Problem(
                f"at the cutoff {past.now} there is nobody to ask about",
                "every cutoff needs at least one case before it",
                "choose later cutoffs, or a shorter horizon",
            )
        files = write(question, past, cases, newcomers, here)
        known = replace(past, tables=files.tables, left_out=())
        if newcomers:
            known = known.plus(**newcomers.rows)
            cases = pa.concat_tables([cases, newcomers.cases])
            everybody += newcomers.cases.num_rows
        found.append(_replay(question, holdout, known, cases, everybody, files))
    return found


def _judged(question: Question, past: History, share: float) -> tuple[pa.Table, int]:
    """Those drawn by lot, and those whom a person answered: else nobody could be compared with them."""
    also = f"select {named(question)} {BLIND}" if ANSWERS in past.tables else ""
    return drawn(question, past, share, also)


def _replay(
    question: Question,
    holdout: Holdout,
    known: History,
    cases: pa.Table,
    everybody: int,
    files: Files,
) -> Replay:
    """With what came, and what all rungs' answers are held against; a budget shrinks as the cases do."""
    if cases.num_rows < everybody:
        known = replace(known, ask=of_some(known.ask, cases.num_rows, everybody))
    outcome = question.outcome(known, holdout.later, cases)
    came, sums = outcomes.own(outcome), outcomes.sums(outcome)
    actual = numbers(came["actual"], question.LABELS)
    actual, scale = actual[~np.isnan(actual)], question.scale(known, cases)
    return Replay(
        holdout, known, cases, everybody, came, actual, files, sums if len(sums) else None, scale
    )


def write(
    question: Question,
    past: History,
    cases: pa.Table,
    newcomers: Newcomers | None,
    folder: Path,
) -> Files:
    """Write what a rung may know of a moment, and whom it is asked about."""
    return write_asked(write_known(question, past, folder), cases, newcomers, folder)


def write_asked(
    tables: dict[str, tuple[str, str | None]],
    cases: pa.Table,
    newcomers: Newcomers | None,
    folder: Path,
) -> Files:
    """Write whom a rung is asked about, beside tables that are written already."""
    at_rest.write(folder / "cases.parquet", [cases], grouped=True)
    asked = None
    if newcomers:
        pq.write_table(newcomers.cases, folder / "newcomers.parquet")
        rows = {}
        for name, table in newcomers.rows.items():
            rows[name] = str(folder / f"newcomers_{name}.parquet")
            pq.write_table(table, rows[name])
        asked = (str(folder / "newcomers.parquet"), rows)
    return Files(tables, str(folder / "cases.parquet"), asked)
