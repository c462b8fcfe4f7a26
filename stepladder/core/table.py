"""What a question needs of a table: its columns, who a row is about, and which column is time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "day", "time", "amount", "number", "text", "long", "bytes"]


@dataclass(frozen=True)
class Column:
    """One column that a question needs, and the names under which tables out there carry it.

    Kinds: an "amount" below zero is taken for a refund, a "number" may lie anywhere; a "text" is a
    name or a label; "long" is a document or a review, kept as it was written; "bytes" is the content
    of a file, such as a photo.
    """

    name: str
    kind: Kind
    required: bool
    synonyms: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class TableSpec:
    """A table that a question needs: its columns, who a row is about, and which column is time.

    `rest`: every other column of the source is kept too. `unique`: each key has one row. `within`:
    where no source is given, the table is made from that table's source, without the rest.
    `outcomes`: it carries what comes of cases, so what came is known only as far as it reaches.
    `optional`: where no source is given, it has no rows.
    `regular`: of each key one row a period (hour, day … year): wide tables are made long, rows of one
    period are added up, and every time is the first moment of its period.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str | None
    rest: bool = False
    unique: bool = False
    within: str | None = None
    outcomes: bool = False
    regular: bool = False
    optional: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]
