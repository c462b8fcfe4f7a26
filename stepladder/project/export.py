"""The files that answers leave in: Parquet for programs, CSV and workbooks for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from stepladder.core import at_rest
from stepladder.core.errors import Problem
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

    def refuse(self, cases: int) -> None:
        """Raises Problem where no such file can hold the answers about so many: each has one or more."""
        if self.to.suffix == ".xlsx":
            refuse_workbook(cases)

    def write(self, rows: int, tables: Iterable[pa.Table], room: Path) -> Path:
        """Tables, one after another, as such a file in a room, from where it can be copied into place.

        Raises Problem on more rows than it can hold.
        """
        made = room / f"written{self.to.suffix}"
        if self.to.suffix == ".parquet":
            at_rest.write(made, tables, compression="zstd")
        elif self.to.suffix == ".csv":
            to_csv(tables, made, self.decimal, self.separator)
        else:
            refuse_workbook(rows)
            to_xlsx(pa.concat_tables(tables), made)
        return made


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
