"""The files that answers leave in: Parquet for programs, CSV and workbooks for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from stepladder.bakeoff.row import parquet
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.predictions import places
from stepladder.core.question import Question
from stepladder.project.scratch import scratch
from stepladder.project.spreadsheet import to_csv
from stepladder.project.workbook import refuse_workbook, to_xlsx

SEPARATORS = (",", ";", "\t", "|")
NAMED = {"tab": "\t", "\\t": "\t"}  # as they can be typed


@dataclass(frozen=True)
class Export:
    """A file to write: where, and how a CSV file has its decimals and what separates its cells."""

    to: Path
    decimal: str = "."
    separator: str = ","

    @staticmethod
    def of(
        to: str | Path, endings: Sequence[str], decimal: str | None, separator: str | None
    ) -> Export:
        """What was asked for, if that can be written. Raises Problem."""
        path = Path(to)
        if path.suffix not in endings:
            *most, last = endings
            raise Problem(
                f"the file to write is called {path.name}",
                "predictions are written as Parquet, CSV or a workbook, a list of the best as CSV or a "
                "workbook",
                f"end its name in {', '.join(most)} or {last}",
            )
        if path.suffix == ".xlsx":
            refuse_workbook()
        if path.suffix != ".csv" and (decimal, separator) != (None, None):
            raise Problem(
                f"--{'separator' if decimal is None else 'decimal'} for {path.name}",
                "only CSV files write numbers as text, with a separator between them",
                "leave it out, or end the file's name in .csv",
            )
        return Export(path, *_marks(decimal, separator))

    def at(self, path: str | Path) -> Export:
        """The same in another place."""
        return replace(self, to=Path(path))

    @property
    def for_people(self) -> bool:
        """Whether a person reads it."""
        return self.to.suffix != ".parquet"

    def body(self, table: pa.Table) -> bytes:
        """The table as the bytes of such a file. Raises Problem on more rows than it can hold."""
        if self.to.suffix == ".parquet":
            return parquet(table)
        if self.to.suffix == ".csv":
            return to_csv(table, self.decimal, self.separator)
        with scratch() as room:
            return to_xlsx(table, room)


def _marks(decimal: str | None, separator: str | None) -> tuple[str, str]:
    """The two marks; where decimals have a comma, cells are separated by semicolons unless it is said."""
    mark = "." if decimal is None else decimal
    usual = ";" if mark == "," else ","
    between = usual if separator is None else NAMED.get(separator, separator)
    if mark not in (".", ",") or between not in SEPARATORS:
        wrong = f"--decimal {mark}" if mark not in (".", ",") else f"--separator {between}"
        raise Problem(
            wrong,
            "decimals have a point or a comma; cells are separated by a comma, a semicolon, | or tab",
            "e.g. --decimal , --separator ';'",
        )
    if mark == between:
        raise Problem(
            f"--decimal {mark} and --separator {between}",
            "the two marks differ, or 1,5 would be two cells",
            "e.g. --decimal , --separator ';'",
        )
    return mark, between


def titled(question: Question, history: History, answers: pa.Table) -> pa.Table:
    """The answers with the names that tables know of their ids: an item's title beside its number."""
    for spec in question.TABLES:
        there = history.sql(f"select * from {quoted(spec.name)} limit 0").schema.names
        texts = [c.name for c in spec.columns if c.kind == "text" and c.name in there]
        new = [name for name in texts if name not in answers.column_names]
        if not new or not spec.unique or spec.outcomes or not set(spec.key) <= set(question.KEYS):
            continue
        wanted = ", ".join(map(quoted, (*spec.key, *new)))
        known = history.sql(f"select {wanted} from {quoted(spec.name)}")
        where = places(answers, known, spec.key)
        at = max(map(answers.column_names.index, spec.key)) + 1
        for name in reversed(new):
            column = known[name].take(where)
            if column.null_count < len(column):
                answers = answers.add_column(at, name, column)
    return answers
