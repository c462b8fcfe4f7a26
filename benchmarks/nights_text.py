"""What goes wrong with a source before it is read: text files that are written in another way overnight.

Each goes through the whole way of a night: a project made of last night's file, tonight's file refreshed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from nights_judged import days
from nights_shops import Shop

import stepladder
from stepladder.core.errors import Problem

NAMES = {
    "customer": "customer_id", "day": "order_date", "value": "amount", "person": "user_id", "item": "item_id",
    "time": "timestamp", "title": "title", "category": "category", "price": "price",
}  # fmt: skip
Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Sheet:
    """A table as its file says it: columns of texts, which rows are tonight's, and chance."""

    columns: Columns
    newest: np.ndarray
    rng: np.random.Generator

    @property
    def who(self) -> str:
        """The first column: who."""
        return next(iter(self.columns))

    @property
    def when(self) -> str:
        """The column with the time."""
        return "order_date" if "order_date" in self.columns else "timestamp"

    @property
    def much(self) -> str:
        """The column with the value."""
        return next(n for n in self.columns if n in ("amount", "quantity"))

    def but(
        self, column: str, write: Callable[[str], str], rows: np.ndarray | None = None
    ) -> bytes:
        """The file with a column written otherwise, in some rows or all."""
        every = np.ones(len(self.newest), bool) if rows is None else rows
        anew = [write(v) if r else v for v, r in zip(self.columns[column], every, strict=True)]
        return written({**self.columns, column: anew})

    def drawn(self, share: float) -> np.ndarray:
        """A random share of the rows."""
        return self.rng.random(len(self.newest)) < share


@dataclass(frozen=True)
class Text:
    """One way in which a file is written otherwise."""

    kind: str
    words: str
    spoil: Callable[[Sheet], bytes]
    right: str = ""


def sheet(table: pa.Table) -> Columns:
    """A clean table as a file would say it."""
    names = {**NAMES, "value": "quantity"} if "time" in table.column_names else NAMES
    texts = {name: table[name] for name in table.column_names if name != "row"}
    return {
        names[name]: ["" if v is None else str(v) for v in column.to_pylist()]
        for name, column in texts.items()
    }


def written(columns: Columns, separator: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    """The file's bytes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()


def retyped() -> Iterator[Text]:
    """Ids, values and dates in other forms."""

    def one_column(
        which: str, write: Callable[[str], str], share: float = 1.0
    ) -> Callable[[Sheet], bytes]:
        return lambda s: s.but(getattr(s, which), write, s.drawn(share) if share < 1 else None)

    def one_letter(s: Sheet) -> bytes:
        rows = np.zeros(len(s.newest), bool)
        rows[np.flatnonzero(s.newest)[0]] = True
        return s.but(s.who, lambda v: "A12", rows)

    def dates(form: str) -> Callable[[str], str]:
        return lambda v: (
            np.datetime64(v)
            .astype("datetime64[s]")
            .item()
            .strftime(form + " %H:%M:%S" * (len(v) > 10))
        )

    def since(first: str, unit: int) -> Callable[[str], str]:
        def write(v: str) -> str:
            seconds = int((np.datetime64(v, "s") - np.datetime64(first, "s")).astype(int))
            return f"{seconds / unit:.6f}".rstrip("0").rstrip(".")

        return write

    def said(words: str, spoil: Callable[[Sheet], bytes]) -> Text:
        return Text("re-typed", words, spoil)

    yield said("ids with decimals (10001.0)", one_column("who", lambda v: f"{v}.0"))
    yield said("ids padded with zeros", one_column("who", lambda v: f"{v:0>14}"))
    yield said("ids prefixed in half of the rows", one_column("who", lambda v: f"EU-{v}", 0.5))
    yield said("one sale of A12", one_letter)
    yield Text(
        "re-typed",
        "ids empty in tonight's rows",
        lambda s: s.but(s.who, lambda v: "", s.newest),
        "tell",
    )
    yield said("ids empty in a third of the rows", one_column("who", lambda v: "", 0.33))
    yield said("decimals with comma", one_column("much", lambda v: v.replace(".", ",")))
    yield said("values with a currency's sign", one_column("much", lambda v: f"€ {v}" if v else v))
    yield said("values as words in half of the rows", one_column("much", lambda v: "n/a", 0.5))
    yield said("half of the dates n/a", one_column("when", lambda v: "n/a", 0.5))
    yield said("one date in twenty n/a", one_column("when", lambda v: "n/a", 0.05))
    yield said("dates as 31.12.2019", one_column("when", dates("%d.%m.%Y")))
    yield said("dates as 12/31/2019", one_column("when", dates("%m/%d/%Y")))
    yield said(
        "dates as 31/12/2019 in half of the rows", one_column("when", dates("%d/%m/%Y"), 0.5)
    )
    yield said("dates as seconds since 1970", one_column("when", since("1970-01-01", 1)))
    yield said("dates as a spreadsheet's numbers", one_column("when", since("1899-12-30", 86_400)))
    yield said(
        "dates of another zone (+10:00)",
        one_column("when", lambda v: f"{v[:10]}T{v[11:] or '00:00:00'}+10:00"),
    )


def filed() -> Iterator[Text]:
    """The file itself is otherwise: cut off, twice, with other columns."""

    def said(words: str, spoil: Callable[[Sheet], bytes], right: str = "") -> Text:
        return Text("file", words, spoil, right)

    def cut(share: float) -> Callable[[Sheet], bytes]:
        return lambda s: written(s.columns)[: int(len(written(s.columns)) * share)]

    def named(s: Sheet, column: str, name: str) -> bytes:
        return written({name if n == column else n: v for n, v in s.columns.items()})

    def twice(s: Sheet) -> bytes:
        return written({name: column * 2 for name, column in s.columns.items()})

    def total(s: Sheet) -> bytes:
        return written(s.columns) + ("TOTAL" + "," * (len(s.columns) - 1) + "1\r\n").encode()

    yield said("cut off in the middle", cut(0.5))
    yield said("cut off near the end", cut(0.9))
    yield said("nothing but the header", lambda s: written({n: [] for n in s.columns}))
    yield said("no byte at all", lambda s: b"")
    yield said("without its header", lambda s: written(s.columns).split(b"\r\n", 1)[1])
    yield said("everything twice, alike", twice)
    yield said("the column of values renamed", lambda s: named(s, s.much, "x1"))
    yield said("the column of ids renamed", lambda s: named(s, s.who, "x2"))
    yield said("columns of ids and values swapped", lambda s: written(
        {**s.columns, s.who: s.columns[s.much], s.much: s.columns[s.who]}))  # fmt: skip
    yield said("semicolons for commas", lambda s: written(s.columns, ";"))
    yield said("columns in another order", lambda s: written(dict(reversed(s.columns.items()))))
    yield said("everything in quotes", lambda s: written(s.columns, quoting=csv.QUOTE_ALL))
    yield said("in UTF-16", lambda s: written(s.columns).decode().encode("utf-16"))
    yield said("a line of totals at its end", total)
    yield said(
        "a page of HTML that says 502", lambda s: b"<html><body>502 Bad Gateway</body></html>\n"
    )


def texts() -> list[Text]:
    """Everything that is done to files."""
    return [*retyped(), *filed()]


@dataclass(frozen=True)
class Read:
    """What came of a text: clean tables of last night, of an honest and of the bad file, or a refusal."""

    before: dict[str, Path]
    good: dict[str, pa.Table]
    now: dict[str, Path]
    refused: str = ""


def through(shop: Shop, night: int, text: Text, rng: np.random.Generator, room: Path) -> Read:
    """A project of last night's files, and what a refresh makes of tonight's."""
    before, good = shop.tables(night - 1), shop.tables(night)
    _write(before, shop, room)
    files = {name: str(room / f"{name}.csv") for name in before}
    project = stepladder.new(shop.ask.question, files, room / "project")
    was = {name: project.table(name) for name in before}
    _write(good, shop, room)
    honest = stepladder.refresh(project)
    clean = {name: pq.read_table(honest.table(name)) for name in good}
    main = good[shop.main]
    spoilt = text.spoil(Sheet(sheet(main), days(main) == days(main).max(), rng))
    (room / f"{shop.main}.csv").write_bytes(spoilt)
    try:
        found = stepladder.refresh(project)
    except Problem as problem:
        return Read(was, clean, {}, problem.given)
    return Read(was, clean, {name: found.table(name) for name in good})


def _write(tables: dict[str, pa.Table], shop: Shop, room: Path) -> None:
    for name, table in tables.items():
        (room / f"{name}.csv").write_bytes(written(sheet(table)))
