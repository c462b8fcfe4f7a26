"""The settings held against the data: the columns that rules name are there, and some row has each value."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Question, Rule

Value = str | int | float
NAMED, SHOWN = 3, 6  # values named in an error; values shown of the column
COMPARED = 5_000  # the most frequent values, of which one may be meant


class Lacking(NamedTuple):
    """A value that a rule names and no row has, and the one that may be meant.

    respelt: whether that is the same but for capitals, blanks, accents, hyphens, or how a number is written.
    """

    rule: Rule
    value: Value
    meant: Value | None
    rows: int  # that have what may be meant
    respelt: bool
    there: str  # what the column holds, in words


def lacking(question: Question, history: History) -> tuple[Lacking, ...]:
    """The values that rules name and no row has. Raises Problem on a column that is not there."""
    plain = replace(history, views=())  # a view that names such a column cannot even be made
    found: list[Lacking] = []
    for rule in question.rules(history.ask):
        kind = _kind(rule, plain)
        if rule.values:
            found += _compared(rule, Held.of(rule, kind, plain))
    return tuple(found)


def refuse(found: Sequence[Lacking], gone: bool = False) -> None:
    """Raise Problem where a value has no row: most likely it is a slip of the pen.

    gone: whether it may have left by itself, as it does overnight; one that is there in another spelling
    has not.
    """
    wrong = [each for each in found if each.respelt or not gone]
    if not wrong:
        return
    rule = wrong[0].rule
    mine = [each for each in wrong if each.rule == rule]
    values = " and ".join(repr(each.value) for each in mine[:NAMED])
    more = f" and {len(mine) - NAMED:,} more" if len(mine) > NAMED else ""
    unless = f", or say that it may be missing: {rule.absent} = [{_toml(mine[0].value)}]"
    raise Problem(
        f"question.toml: {rule.setting} names {rule.column} = {values}{more}, which no row of "
        f"{rule.table} has",
        mine[0].there,
        f"{_did_you_mean(mine[:NAMED])}correct it, take it out of {rule.setting}"
        f"{unless if rule.absent else ''}",
    )


def _did_you_mean(mine: Sequence[Lacking]) -> str:
    said = ""
    for each in mine:
        if each.meant is not None:
            kinds = {isinstance(each.meant, str), isinstance(each.value, str)}
            meant = f"{each.meant!r}" if len(kinds) == 1 else f"the number {each.meant!r}"
            have = f"{each.rows:,} {each.rule.table} {'has' if each.rows == 1 else 'have'} it"
            said += f"did you mean {meant}? {have}; "
    return said


def _toml(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _kind(rule: Rule, plain: History) -> pa.DataType:
    """The column's type. Raises Problem where it is not there."""
    schema = plain.sql(f"select * from {quoted(rule.table)} limit 0").schema
    names = [name for name in schema.names if name != "row"]
    if rule.column in names:
        return schema.field(rule.column).type
    folded = {_folded(name): name for name in names}
    near = difflib.get_close_matches(_folded(rule.column), folded, 1)
    raise Problem(
        f"question.toml: {rule.setting} names the column {rule.column!r}, which {rule.table} do not have",
        f"the columns of {rule.table} are: {', '.join(names)}",
        f"did you mean {folded[near[0]]!r}?" if near else f"name one of these in {rule.setting}",
    )


class Held(NamedTuple):
    """What a column holds: its texts as they stand, and the parts of these, each with its rows."""

    whole: Counter[str]
    parts: Counter[str]
    numbers: frozenset[float]
    read: Callable[[str], Value]  # a part as one would write it in question.toml

    @staticmethod
    def of(rule: Rule, kind: pa.DataType, plain: History) -> Held:
        """What the rule's column holds."""
        column = quoted(rule.column)
        found = plain.sql(
            f"select cast({column} as varchar) as word, try_cast({column} as double) as number, "
            f"count(*) as n from {quoted(rule.table)} where {column} is not null "
            "group by 1, 2 order by 1"
        ).to_pydict()
        whole = Counter(dict(zip(found["word"], found["n"], strict=True)))
        parts: Counter[str] = Counter()
        for text, n in whole.items():
            for part in dict.fromkeys(text.split("|")):
                parts[part] += n
        return Held(whole, parts, frozenset(found["number"]) - {None}, _reader(kind))

    def has(self, value: Value) -> bool:
        """Whether a row has the value, just as rules look for it."""
        if not isinstance(value, str):
            return float(value) in self.numbers
        several = "|" in value and any(f"|{value}|" in f"|{text}|" for text in self.whole)
        return several or value in self.parts


def _reader(kind: pa.DataType) -> Callable[[str], Value]:
    if pa.types.is_integer(kind):
        return int
    return _number if pa.types.is_floating(kind) else str


def _number(text: str) -> Value:
    value = float(text)
    return int(value) if value.is_integer() else value


def _compared(rule: Rule, held: Held) -> Iterator[Lacking]:
    """The values that no row has, in no spelling that the rule names as well, beside what may be meant."""
    covered = {_folded(value) for value in rule.values if held.has(value)}
    gone = [v for v in rule.values if _folded(v) not in covered]
    if not gone:
        return
    most = held.parts.most_common()
    folded = {_folded(part): part for part, _ in reversed(most)}
    often = {_folded(part): part for part, _ in most[:COMPARED]}
    there = _told(rule, [(held.read(part), n) for part, n in most[:SHOWN]], len(most))
    for i, value in enumerate(gone):
        same = folded.get(_folded(value))
        near = difflib.get_close_matches(_folded(value), often, 1) if i < NAMED else []
        part = same if same is not None else often[near[0]] if near else None
        meant = None if part is None else held.read(part)
        yield Lacking(rule, value, meant, held.parts[part or ""], same is not None, there)


def _told(rule: Rule, most: Sequence[tuple[Value, int]], every: int) -> str:
    if not most:
        return f"{rule.column} is empty in all rows of {rule.table}"
    shown = ", ".join(f"{part!r} ({n:,})" for part, n in most)
    many = "" if every <= SHOWN else f"{every:,} values, such as "
    return f"{rule.column} in {rule.table} is one of {many}{shown}"


def _folded(value: Value) -> str:
    """A value without what slips: capitals, blanks, accents, hyphens, and how a number is written."""
    text = " ".join(re.sub(r"[\s_‐-―−-]+", " ", str(value)).split())
    if re.fullmatch(r"[+-]?\d+(\.\d*)?", str(value).strip()):
        return repr(float(value))
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if not unicodedata.combining(c))
