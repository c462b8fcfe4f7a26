"""A loss of one's own: one SELECT that says what each answer cost, in place of the question's loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa

from stepladder.core import outcomes, predictions
from stepladder.core.ask import MOST
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.rung import sql_title
from stepladder.core.same_units import beside_first

FILE = "loss.sql"
PAGE = "docs/a-loss-of-your-own.md"


@dataclass(frozen=True)
class OwnLoss:
    """A question that is judged by a SELECT; all else is as the question has it.

    The SELECT is asked through the same door as a rung's SQL and the business's own figures: it sees what
    was known at the cutoff, `cases`, `predictions` and `outcome`, writes nothing, opens no file, and has
    the time box. `source` gives its text, asked for only where something is judged.
    """

    question: Question
    source: Callable[[], str]

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "question"), name)

    @cached_property
    def text(self) -> str:
        """The SELECT, word for word. Raises Problem where it is none."""
        text = self.source()
        _one_select(text)
        return text

    @cached_property
    def LOSS(self) -> str:
        """Its first line: what it counts, in a sentence for the business."""
        return "".join(filter(str.isprintable, sql_title(self.text)))  # it goes to terminals too

    @property
    def LOSS_IN_MONEY(self) -> str:
        """The same: nothing else counts beside it."""
        return self.LOSS

    def loss(
        self, predictions: pa.Table, past: History, later: History, cases: pa.Table
    ) -> pa.Table:
        """What the predictions cost: UNIT…, loss, weight. Raises Problem on a loss that is no number."""
        came = outcomes.own(self.question.outcome(past, later, cases))
        found = self._asked(past, cases, predictions, came)
        _refuse_no_numbers(found, [*self.question.UNIT, "loss", "weight"])
        if not found.num_rows and came["actual"].null_count < came.num_rows:
            raise wrong("it gives no row although something came")
        return found

    def try_out(self, past: History, cases: pa.Table, came: pa.Table) -> None:
        """See that it can be asked, and that what is said does not move its units and weights.

        Made-up answers are enough for that, so nobody waits for the rungs first. Raises Problem.
        """
        self._asked(past, cases, self._said(came).slice(0, 0), came.slice(0, 0))
        up, down, again = (
            self._asked(past, cases, self._said(came, turned), came) for turned in (1, -1, 1)
        )
        _refuse_no_numbers(up, [*self.question.UNIT, "weight"])
        try:
            beside_first(down, up, self.question.UNIT, "other answers")
        except Problem:
            raise wrong("its units or weights depend on what is predicted") from None
        if not _same(up["loss"], again["loss"]):
            raise wrong("asked twice about the same answers, it gives other losses")

    def _said(self, came: pa.Table, turned: int = 1) -> pa.Table:
        """Chances from a tenth to nine tenths, or the other way round, about whom the outcome names."""
        ramp = pa.array(np.linspace(0.1, 0.9, came.num_rows)[::turned].copy())
        said = came.select(list(self.question.KEYS))
        for name, kind in predictions.columns(self.question).items():
            number = kind == pa.float64()
            said = said.append_column(name, ramp if number else pa.nulls(came.num_rows, kind))
        return said

    def _asked(self, past: History, cases: pa.Table, said: pa.Table, came: pa.Table) -> pa.Table:
        """The answer in standard form: UNIT…, loss, weight, in an order of its own."""
        most = max(cases.num_rows, said.num_rows, came.num_rows)
        # a join without its key would fill the memory before anybody saw why
        query = f"select * from (\n{_one_select(self.text)}\n) as judged limit {most + 1}"
        door = past.once("boxed", lambda: replace(past, boxed=True))
        try:
            found = door.sql(query, cases, predictions=said, outcome=came)
        except Problem as problem:
            raise wrong(problem.given) from None
        except duckdb.Error as error:
            raise wrong(f"DuckDB says: {str(error).splitlines()[0]}") from None
        if found.num_rows > most:
            raise wrong(f"it gives more rows than there are cases, answers or outcomes: {most:,}")
        return _standard(found, list(self.question.UNIT))


def judged_by(question: Question, text: str) -> Question:
    """The question, judged by a SELECT; as it is where that is empty."""
    return judged_late(question, lambda: text) if text else question


def judged_late(question: Question, source: Callable[[], str]) -> Question:
    """The question, judged by a SELECT that is read where something is judged."""
    return cast(Question, OwnLoss(question, source))


def text_of(question: Question) -> str:
    """The SELECT that a question is judged by; empty where the question's own loss is."""
    return question.text if isinstance(question, OwnLoss) else ""


def try_out(question: Question, past: History, cases: pa.Table, came: pa.Table) -> None:
    """Refuse a loss of one's own that cannot judge, before any rung has run. Raises Problem."""
    if isinstance(question, OwnLoss):
        question.try_out(past, cases, came)


def wrong(what: str) -> Problem:
    """The error for a loss of one's own that cannot be used."""
    return Problem(
        f"{FILE} cannot be used: {what}",
        "a sentence for the business as its first comment, then one SELECT that gives the unit, loss (a "
        "number) and weight (0 or more), the same units and weights whatever is predicted; it sees "
        "predictions, outcome, cases, ask, and the question's tables as they were known at the cutoff",
        f"mend {FILE}, see {PAGE}, or remove it: then the question's own loss counts",
    )


def _one_select(text: str) -> str:
    """The SELECT without what ends it. Raises Problem where it is none, or has no sentence before it."""
    try:
        found = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise wrong(f"it is no SQL: {str(error).splitlines()[0]}") from None
    if not found:
        raise wrong("it is empty")
    if len(found) > 1:
        raise wrong(f"it has {len(found)} statements")
    if found[0].type != duckdb.StatementType.SELECT:
        raise wrong(f"it is no SELECT: {' '.join(found[0].query.split())[:80]}")
    if not sql_title(text):
        raise wrong("its first line is no comment that says in a sentence what it counts")
    body = text.encode()
    ends = [at for at, kind in duckdb.tokenize(text)
            if kind == duckdb.token_type.operator and body[at : at + 1] == b";"]  # fmt: skip
    return (body[: ends[0]] if ends else body).decode()


def _standard(found: pa.Table, unit: list[str]) -> pa.Table:
    names = [*unit, "loss", "weight"]
    if missing := [name for name in names if name not in found.column_names]:
        there = ", ".join(found.column_names)
        raise wrong(f"it gives no column {' and none '.join(missing)}; it gives {there}")
    table = found.select(names)
    for name in ("loss", "weight"):
        kind = table[name].type
        if not (
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        ):
            raise wrong(f"{name} is of the type {kind}, which is no number")
        table = table.set_column(table.column_names.index(name), name, table[name].cast("float64"))
    return table.sort_by([(name, "ascending") for name in (*unit, "weight", "loss")])


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether losses are the same but for the order in which they were added up."""
    mine, theirs = (column.to_numpy().astype(float) for column in (one, other))
    return len(mine) == len(theirs) and np.allclose(mine, theirs, equal_nan=True)


def _refuse_no_numbers(found: pa.Table, names: list[str]) -> None:
    """A missing loss would be left out silently, or make every mean of it missing."""
    of = f"of {found.num_rows:,} rows"
    for name in names:
        if missing := found[name].null_count:
            raise wrong(f"{name} is null in {missing:,} {of}")
    for name in [each for each in ("loss", "weight") if each in names]:
        if beyond := int((~np.isfinite(found[name].to_numpy())).sum()):
            raise wrong(f"{name} is NaN or infinite in {beyond:,} {of}")
        if vast := int(
            (found[name].to_numpy() > MOST).sum() + (found[name].to_numpy() < -MOST).sum()
        ):
            raise wrong(f"{name} is beyond {MOST:,.0f} in {vast:,} {of}")  # sums would be infinite
    weight = found["weight"].to_numpy()
    if below := int((weight < 0).sum()):
        raise wrong(f"weight is negative in {below:,} {of}")
    if found.num_rows and not weight.sum():
        raise wrong(f"weight is 0 in all {found.num_rows:,} rows")
