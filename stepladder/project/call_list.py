"""The list for Monday: the best so many, whom to act on first, and who is left alone to compare with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import at_rest
from stepladder.core import model as models
from stepladder.core.asking import explained, reasons
from stepladder.core.cases import count
from stepladder.core.copied import copy
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Question, case_word
from stepladder.money import prices
from stepladder.project.all_cases import Answers, said_before
from stepladder.project.best import Best
from stepladder.project.control import Control, drawn, lot, size
from stepladder.project.export import Export
from stepladder.project.folder import Project
from stepladder.project.ranking import Before, brings, came_of_like, of_some, own_range
from stepladder.project.titles import titled
from stepladder.record.lists import assignments, lists, store_list
from stepladder.record.rows import CallList, key_of
from stepladder.report.words import counted, many

CALL, CONTROL = "call", "control"


@dataclass(frozen=True)
class Said:
    """What a rung said of everybody as of a day; the file that is to be kept of it, and its hash."""

    answers: Answers
    made: Path
    sha256: str

    @staticmethod
    def of(answers: Answers, made: Path) -> Said:
        """These answers in this file."""
        return Said(answers, made, at_rest.digest(made))

    @property
    def day(self) -> date:
        """As of which day it was said."""
        return self.answers.day


@dataclass(frozen=True)
class Wanted:
    """A list of so many, of whom some are left alone, in a file."""

    top: int
    control: str | float | None
    export: Export


@dataclass(frozen=True)
class Written:
    """The list that was written: where, its number in the record, how many it has, what to know of it."""

    path: Path
    number: int
    rows: int
    control: Control | None
    notes: tuple[str, ...]


def refuse(project: Project, day: date, top: int, control: str | float | None) -> None:
    """Raises Problem where no such list can be made, before anything is worked out."""
    question = project.question
    if question.KEYS != question.CASE:
        raise Problem(
            f"--top {top} was asked of {project.ask.question}",
            f"it answers with several rows for each {case_word(question)} ({', '.join(question.KEYS)}) "
            "and says of nobody what they are worth, so nobody comes first",
            "leave --top out: the file has every answer, each one's best first",
        )
    there = count(question, project.history().at(day))
    if not 1 <= top <= there:
        are, remedy = (
            "is" if there == 1 else "are",
            "stand on a later day: another --as-of, or none",
        )
        if there:
            remedy = f"e.g. --top {max(there // 10, 1)}, or leave it out for all"
        raise Problem(
            f"--top {top:,}",
            f"as of {day} there {are} {counted(there, case_word(question))}: a list has 1 of them or more",
            remedy,
        )
    if control is not None:
        size(control, top)


def listed(
    project: Project, said: Said, wanted: Wanted, room: Path, keep: Callable[[], int]
) -> Written:
    """Write the list of the best, and seal in the record who was left alone.

    keep: keeps what was said of everybody, once it is sure that there will be a list; its number.
    """
    question, past = project.question, project.history(room).at(said.day)
    before = _before(project, said)
    chosen = _chosen(project, said, wanted, past)
    table = _table(project, said, chosen, past, before)
    body = wanted.export.write(table.num_rows, [table], room)
    everybody = keep()
    copy(body, wanted.export.to)
    number = _sealed(project, said, wanted, chosen, (everybody, body))
    control, few = None, len(chosen.alone)
    if few:
        like = came_of_like(question, before, len(chosen.best) / said.answers.count)
        control = Control.of(few, len(chosen.called), like)
    notes = (*chosen.notes, *_budget(project, said, wanted), *_broken(project, said, chosen))
    return Written(wanted.export.to, number, len(chosen.called), control, notes)


class Chosen(NamedTuple):
    """The answers about who is on the list, the best first, and who of them lot left alone, by their place.

    own: whether low and high of the answers are about what is expected.
    """

    best: pa.Table
    alone: set[int]
    keys: list[str]  # of these, as the record writes them
    salt: str
    notes: list[str]
    own: bool

    @property
    def called(self) -> list[int]:
        """The others."""
        return [nth for nth in range(len(self.keys)) if nth not in self.alone]


def _chosen(project: Project, said: Said, wanted: Wanted, past: History) -> Chosen:
    question, salt = project.question, _salt(project, said)
    places, notes, own = _best(question, said, wanted.top, salt, past)
    best = at_rest.rows(said.answers.rest, places)
    keys = _keys(best, question)
    few = 0 if wanted.control is None else size(wanted.control, len(keys))
    alone = drawn(keys, few, f"{salt}\0{CONTROL}")
    return Chosen(best, alone, keys, salt, notes, own)


def _keys(answers: pa.Table, question: Question) -> list[str]:
    return [key_of(row) for row in answers.select(list(question.CASE)).to_pylist()]


def _sealed(
    project: Project, said: Said, wanted: Wanted, chosen: Chosen, kept: tuple[int, Path]
) -> int:
    """Note the list and, where some are left alone, both arms; its number."""
    everybody, body = kept
    arms = [
        (json.loads(key), CONTROL if nth in chosen.alone else CALL)
        for nth, key in enumerate(chosen.keys)
    ]
    made = CallList(
        project.ask.question, everybody, said.answers.rung, said.day.isoformat(),
        project.relative(wanted.export.to), at_rest.digest(body), len(chosen.called),
        chosen.salt,
    )  # fmt: skip
    return store_list(project.record, made, arms if chosen.alone else ())


def _before(project: Project, said: Said) -> Before:
    """What the rung had said in the latest bake-off's windows, of which it is known what came."""
    latest = project.record.latest_bakeoff(project.ask.question)
    result = project.result() if latest else None
    if result is None or result.horizon != project.ask.horizon:
        return []
    return list(said_before(project, result, said.answers.rung, said.day))


def _salt(project: Project, said: Said) -> str:
    """From the question's seed and from all that was said: nobody can tell the lots from the ids alone."""
    parts = (str(project.ask.seed), said.answers.rung, said.day.isoformat(), said.sha256)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _best(
    question: Question, said: Said, top: int, salt: str, past: History
) -> tuple[list[int], list[str], bool]:
    """The places of the best among the answers, what to know of where the list ends, and `Chosen.own`."""
    people, everybody, own = many(case_word(question)), 0, True
    best, pays = (
        Best(top, lambda rows: [lot(f"{salt}\0tie", key) for key in _keys(rows, question)]),
        False,
    )
    for part in at_rest.parts(said.answers.rest):
        worth = question.worth(part, past)
        values, pays = brings(worth, part, past.ask)
        values, own = np.nan_to_num(values, nan=-np.inf), own and own_range(worth, part)
        there = np.flatnonzero(values > 0) if pays else np.arange(len(values))
        best.take(
            values[there], there + everybody, part.select(list(question.CASE)).take(pa.array(there))
        )
        everybody += part.num_rows
    places, lots, tied = best.found()
    if not places:
        raise Problem(
            f"none of {everybody:,} {people} is expected to bring more than the contact costs",
            "with [prices] only those have a place on the list who are expected to pay for it",
            "check margin and cost in [prices], or ask another rung: --rung RUNG",
        )
    notes = []
    if best.among < top:
        notes.append(
            f"{best.among:,} of {everybody:,} {people} are expected to bring more than the contact "
            f"costs: the list has these, not {top:,}."
        )
    if lots < tied:
        notes.append(
            f"The last {lots:,} of the list were drawn by lot: of {tied:,} {people} exactly as "
            "much is expected."
        )
    return places, notes, own


def _table(project: Project, said: Said, chosen: Chosen, past: History, before: Before) -> pa.Table:
    """The list as a person reads it: rank, the keys, what is expected and its range, why, and the rest."""
    question, rows = project.question, chosen.called
    answers = chosen.best.take(pa.array(rows, pa.int64()))
    worth = question.worth(answers, past)
    brought = of_some(question, answers, worth, past.ask, before, chosen.own)
    kept = models.load(project.folder / "models" / said.answers.model)
    own = reasons(project.rung(said.answers.rung), kept, past, answers)
    because = explained(question, past, answers, own)["because"]
    columns: dict[str, Any] = {"rank": pa.array(range(1, len(rows) + 1), pa.int64())}
    columns |= {name: answers[name] for name in question.CASE}
    for name, values in (
        (brought.column, brought.values),
        ("low", brought.low),
        ("high", brought.high),
    ):
        columns[name] = pa.array(np.round(values, brought.decimals) + 0.0, from_pandas=True)
    columns["because"] = because
    further = ["prediction"] if brought.column != "prediction" else []
    ordered = sorted(question.EXTRAS, key=lambda name: question.EXTRAS[name] != "text")
    for name in (*ordered, *further):
        floats = pa.types.is_floating(answers[name].type)
        columns[name] = pc.round(answers[name], 4) if floats else answers[name]
    columns["as_of"] = pa.array([said.day] * len(rows), pa.date32())
    table = titled(question, past, pa.table(columns))
    given = ("rank", *question.CASE, brought.column)
    return table.select([
        name for name in table.column_names
        if name in given or table[name].null_count < table.num_rows
    ])  # fmt: skip


def _budget(project: Project, said: Said, wanted: Wanted) -> Iterator[str]:
    """That the rung was chosen for another number of contacts."""
    price = prices(project.ask)
    if price is None and project.question.LOSS_IN_MONEY:
        yield (
            "There are no [prices], so the best come first, whether or not acting on them pays: give "
            "margin and cost in question.toml."
        )
    elif price and price.budget and (places := price.places(said.answers.count)) != wanted.top:
        yield (
            f"[prices] allows {counted(places, 'contact')}, for which the rungs were compared; this list was "
            f"asked for {wanted.top:,}."
        )


def _broken(project: Project, said: Said, chosen: Chosen) -> Iterator[str]:
    """Earlier lists whose time is not over, and whose control this one would call."""
    told: set[str] = set()
    called = {chosen.keys[i] for i in chosen.called}
    for one in lists(project.record, project.ask.question):
        until = date.fromisoformat(one.as_of) + timedelta(days=project.ask.known_after)
        if until <= said.day or one.as_of > said.day.isoformat():
            continue
        theirs = {a.key for a in assignments(project.record, one.id) if a.arm == CONTROL}
        if both := theirs & called - told:
            told |= both  # once, where a list was made twice
            yield (
                f"{len(both):,} on this list {'is' if len(both) == 1 else 'are'} left alone by list "
                f"{one.id} until {until}: calling them takes away what its control can show."
            )
