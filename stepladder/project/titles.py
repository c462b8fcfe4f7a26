"""The names that tables know of the ids in answers: an item's title beside its number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.core.predictions import places
from stepladder.core.question import Question


class Names(NamedTuple):
    """What one table knows: names by key."""

    key: Sequence[str]
    columns: Sequence[str]
    known: pa.Table


def titled(question: Question, history: History, answers: pa.Table) -> pa.Table:
    """The answers with these names; a column only where one of them has a name."""
    return next(all_titled(question, history, lambda: [answers]))


def all_titled(
    question: Question, history: History, parts: Callable[[], Iterable[pa.Table]]
) -> Iterator[pa.Table]:
    """Answers that come in parts, with these names; a column where one of all of them has a name.

    parts: gives them each time anew, in two rounds: which columns there are is known after the first.
    """
    found: list[Names] | None = None
    named: set[str] = set()
    for part in parts():
        found = list(_names(question, history, part.column_names)) if found is None else found
        for names in found:
            where = places(part, names.known, names.key)
            there = {name: names.known[name].take(where) for name in names.columns}
            named |= {name for name, each in there.items() if each.null_count < len(each)}
    for part in parts():
        yield _with(part, found or [], named)


def _names(question: Question, history: History, columns: Sequence[str]) -> Iterator[Names]:
    for spec in question.TABLES:
        there = history.sql(f"select * from {quoted(spec.name)} limit 0").schema.names
        texts = [c.name for c in spec.columns if c.kind == "text" and c.name in there]
        new = [name for name in texts if name not in columns]
        if not new or not spec.unique or spec.outcomes or not set(spec.key) <= set(question.KEYS):
            continue
        wanted = ", ".join(map(quoted, (*spec.key, *new)))
        yield Names(spec.key, new, history.sql(f"select {wanted} from {quoted(spec.name)}"))


def _with(answers: pa.Table, found: Sequence[Names], named: set[str]) -> pa.Table:
    for names in found:
        where = places(answers, names.known, names.key)
        at = max(map(answers.column_names.index, names.key)) + 1
        for name in reversed([each for each in names.columns if each in named]):
            answers = answers.add_column(at, name, names.known[name].take(where))
    return answers
