"""Who is asked about: everybody, part after part, or some drawn by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.core.question import Question

PART = 2_000_000  # rows of answers that are made at once


def everyone(question: Question, history: History) -> pa.Table:
    """All of them, in order: CASE…"""
    return history.sql(_ordered(question, history))


def among(question: Question, history: History, wanted: pa.Table) -> pa.Table | None:
    """The wanted ones, if they are among them."""
    query = f"select distinct {named(question)} from ({question.cases(history.ask)}) as cases"
    using = f"select * from wanted semi join ({query}) as cases using ({named(question)})"
    found = history.sql(using, wanted=wanted)
    return found if found.num_rows else None


def count(question: Question, history: History) -> int:
    """How many they are; counted where the data lie."""
    found = history.sql(f"select count(*) as n from ({question.cases(history.ask)}) as cases")
    return int(found["n"][0].as_py())


def kinds(question: Question, history: History) -> pa.Schema:
    """The columns that name a case, with their types."""
    return history.sql(f"{_ordered(question, history)} limit 0").schema


def parts(question: Question, history: History) -> Iterator[pa.Table]:
    """All of them, in order, so many at a time as are answered at once; all where they add up to others."""
    if question.adds_up(history.ask):
        yield everyone(question, history)
        return
    held: list[pa.RecordBatch] = []
    most = max(PART // question.rows(history.ask), 1)
    for batch in history.scan(_ordered(question, history)):
        while batch.num_rows:
            room = most - sum(part.num_rows for part in held)
            held.append(batch.slice(0, room))
            batch = batch.slice(room)
            if sum(part.num_rows for part in held) == most:
                yield pa.Table.from_batches(held)
                held = []
    if held:
        yield pa.Table.from_batches(held)


def share(question: Question, history: History) -> float:
    """Which share of them rungs are judged on: all, or as many as `sample` in question.toml says.

    All also where they add up to others, or where a case does not say of which independent unit it is.
    """
    if question.adds_up(history.ask) or not set(question.UNIT) <= set(question.CASE):
        return 1.0
    return min(1.0, history.ask.sample / max(count(question, history), 1))


def drawn(
    question: Question, history: History, share: float, also: str = ""
) -> tuple[pa.Table, int]:
    """The share of them whose units have the lowest hashes, and how many all are, found at once.

    The same are drawn at every moment, on every engine. `also`: a SELECT of those who are wanted whatever
    the lots say. Nobody: 0, however many there are.
    """
    if share >= 1:
        found = everyone(question, history)
        return found, found.num_rows
    wanted = lot(question.UNIT, share)
    if also:
        wanted += f" or ({named(question)}) in ({also})"
    found = history.sql(
        f"with cases as (select * from ({question.cases(history.ask)}) as them) "
        "select cases.*, everybody from cases cross join (select count(*) as everybody from cases) as n "
        f"where {wanted} order by {named(question)}"
    )
    everybody = found["everybody"][0].as_py() if found.num_rows else 0
    return found.drop_columns(["everybody"]), everybody


def lot(unit: Sequence[str], share: float) -> str:
    """The condition on a row to be drawn, in SQL: by its unit alone, so that moments can be compared."""
    return f"left({hashed(unit)}, 8) < '{int(share * 16**8):08x}'"


def hashed(unit: Sequence[str]) -> str:
    """What lots are drawn by, in SQL: the md5 of a unit, as hexadecimal digits."""
    named = " || '|' || ".join(f"cast({quoted(name)} as varchar)" for name in unit)
    return f"md5({named})"


def _ordered(question: Question, history: History) -> str:
    return f"select * from ({question.cases(history.ask)}) as cases order by {named(question)}"


def named(question: Question) -> str:
    """The columns that name a case, in SQL."""
    return ", ".join(map(quoted, question.CASE))
