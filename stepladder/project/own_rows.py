"""A newcomer's rows, read from a file as the project reads its own, and what of them was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder import tables
from stepladder.core import own
from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.project.folder import Project
from stepladder.project.frozen_words import frozen, names_flags
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.columns.find import parts
from stepladder.tables.ids.ids import texts
from stepladder.tables.plural import counted, of_rows
from stepladder.tables.raw import Raw
from stepladder.tables.sources.read import read

KEPT = ("version", "currency", "rates", "value_per", "refunds", "duplicates", "from_day", "to_day",
        "clock")  # fmt: skip
LATE, UNDATED = "after now", "missing"
_SAID = ("amount", "day", "time")  # columns worth naming, though rows may lack them


@dataclass(frozen=True)
class OwnRows:
    """What a newcomer brings, in time's order: how many rows were read, and what became of the others.

    `left_out` and `left_empty` (values that could not be read) count by reason; `sentences` say it.
    """

    table: pa.Table
    read: int
    left_out: Mapping[str, int]
    left_empty: Mapping[str, int]
    sentences: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """What a program checks."""
        used = self.table.num_rows
        return {"read": self.read, "used": used, "left_out": dict(self.left_out),
                "left_empty": dict(self.left_empty)}  # fmt: skip


def own_rows(project: Project, rows: str | Path | pa.Table) -> OwnRows:
    """A newcomer's rows, of a file or as a table, as far as they lie before the project's now.

    What the project froze holds: day order, decimal mark, currency, days wanted, refunds, duplicates.
    Raises Problem where the file is written in another order, or nothing usable remains.
    """
    spec = own.spec(project.question)
    if isinstance(rows, pa.Table):
        return _before(OwnRows(rows, rows.num_rows, {}, {}), spec, project.now(), "these rows")
    if not str(rows).strip():  # else it would be the folder one stands in, all of it
        raise Problem(
            "rows without a name",
            "a newcomer's rows are a file",
            "name it: stepladder predict --for basket.csv",
        )
    ours = tables.Choices.from_dict({"columns": {}, **project.ask.tables[spec.name].choices})
    alone = _alone(spec, project.question.CASE)
    with _as_written(alone, ours):
        raw = _raw(str(rows), ours)
        _of_one(raw, project.question.CASE, ours)
        return _before(_read(str(rows), raw, alone, ours), spec, project.now(), Path(rows).name)


def _of_one(raw: Raw, case: tuple[str, ...], ours: tables.Choices) -> None:
    """Raise Problem where the rows name several whom they are of: they would be taken for one."""
    called = {name: ours.columns.get(name, name) for name in case}
    for name, source in called.items():
        there = source in raw.table.column_names
        found = texts(raw.table.column(source)).words.unique().drop_null() if there else ()
        several = [str(one) for one in found if str(one)]
        if len(several) > 1:
            raise Problem(
                f"the rows are of {counted(len(several), name)}, such as {several[0]!r} and {several[1]!r}",
                f"they are answered as one {name}'s own",
                f"bring the rows of one {name}; of those known ask with: stepladder predict --case ID",
            )


def _read(source: str, raw: Raw, alone: TableSpec, ours: tables.Choices) -> OwnRows:
    seen = tables.look(source, alone, _named(alone, ours, raw), raw=raw)
    order, mark = _order(seen, ours), _mark(seen, ours, raw)
    chosen = tables.choose(seen, ask_user=None, day_order=order, decimal=mark)
    kept = {name: getattr(ours, name) for name in KEPT}
    found = tables.clean(source, alone, replace(chosen, strangers="keep", **kept))
    report = found.report
    out = (*report.dropped, *report.set_aside)
    empty = [one for one in report.changed if one.reason.startswith("unreadable ")]
    said = tuple(of_rows(one.count, one.sentence) for one in (*out, *empty))
    return OwnRows(found.table, report.rows_read, _counts(out), _counts(empty), said)


def _counts(found: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.reason] = counts.get(one.reason, 0) + one.count
    return counts


def _before(found: OwnRows, spec: TableSpec, now: date, name: str) -> OwnRows:
    """Those of before now, in time's order; rows without a time stand in theirs, where none has one."""
    table, when = found.table, spec.time or ""
    if when not in table.column_names or table[when].null_count == table.num_rows:
        order = ["row"] if "row" in table.column_names else []
        return replace(found, table=_sorted(table, order))
    if not pa.types.is_temporal(table[when].type):
        return found
    undated = pc.is_null(table[when])
    late = pc.fill_null(pc.greater_equal(table[when].cast(pa.date32()), pa.scalar(now)), False)
    gone = {
        f"{UNDATED} {when}": (undated, f"Rows have no {when}, and others have one."),
        LATE: (late, f"Rows lie on {now} or later: the answer is as of {now}."),
    }
    counts = {reason: int(pc.sum(where).as_py()) for reason, (where, _) in gone.items()}
    out = {reason: n for reason, n in counts.items() if n}
    said = [of_rows(n, gone[reason][1]) for reason, n in out.items()]
    kept = table.filter(pc.invert(pc.or_(undated, late)))
    found = replace(found, left_out={**found.left_out, **out}, sentences=(*found.sentences, *said))
    if not kept.num_rows:
        raise _nothing(found, now, name)
    order = [when, "row"] if "row" in table.column_names else [when]
    return replace(found, table=_sorted(kept, order))


def _sorted(table: pa.Table, names: list[str]) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in names]) if names else table


def _nothing(found: OwnRows, now: date, name: str) -> Problem:
    return Problem(
        f"nothing usable remains of {name}: {' '.join(found.sentences)}",
        f"rows are of what happened before {now}: the model knows nothing later",
        "bring earlier rows; if the project's data end too early, newer ones come with: "
        "stepladder refresh",
    )


def _alone(spec: TableSpec, case: tuple[str, ...]) -> TableSpec:
    """The same table, but of one case that need not be named, nor when it was."""
    columns = tuple(
        replace(column, required=column.required and column.kind != "time")
        for column in spec.columns
        if column.name not in case
    )
    left = tuple(name for name in spec.key if name not in case) or (columns[0].name,)
    return replace(spec, columns=columns, key=left)


def _raw(source: str, ours: tables.Choices) -> Raw:
    """The file as it is; in the project's own encoding where its own could be one or another."""
    raw = read(source, None, None, None)
    unsure = bool(raw.encoding) and not str(raw.encoding).startswith("utf")
    if not unsure or ours.encoding in (None, raw.encoding) or "utf" in str(ours.encoding):
        return raw
    try:
        return read(source, ours.encoding, None, None)
    except Problem:  # it is in another after all
        return raw


def _named(spec: TableSpec, ours: tables.Choices, raw: Raw) -> dict[str, str]:
    """Columns called as in the project's own table serve as there, those beside its own too."""
    there = set(raw.table.column_names)
    wanted = {column.name for column in spec.columns}
    known = ours.columns.items()
    found = {name: one for name, one in known if name in wanted and one in there}
    beside = ours.beside.items()
    return {role: one for role, one in beside if one in there or not one} | found


def _order(seen: tables.Look, ours: tables.Choices) -> str | None:
    """The project's own order of day and month; its own where the project's days need none.

    Raises Problem where the days are written in another: many would be swapped without a word.
    """
    mine, theirs = ours.day_order, seen.day_order
    if mine in ("clear", "mixed"):
        return None if mine == "clear" else mine
    if theirs in ("clear", "ambiguous", mine):
        return mine
    such = f" (such as {', '.join(seen.day_examples)})" if seen.day_examples else ""
    how = theirs if "first" in theirs else "in several orders"
    raise Problem(
        f"the days in {Path(seen.source).name} are written {how}{such}, the project's own {mine}",
        "03/04/2021 may be 3 April (day first) or March 4 (month first); this is never guessed",
        "write the days as YYYY-MM-DD",
    )


def _mark(seen: tables.Look, ours: tables.Choices, raw: Raw) -> Any:
    """The project's own decimal mark. Raises Problem where the file shows another, and it matters."""
    mine, theirs = ours.decimal, seen.decimal
    if theirs == "ambiguous" or theirs == mine:
        return mine
    for name in _amounts(seen, raw):
        words = texts(raw.table.column(name)).words
        one, other = (read_amounts(words, mark).value for mark in (mine, theirs))
        if not np.array_equal(one, other, equal_nan=True):
            raise Problem(
                f"the amounts in {name!r} have the decimal mark {theirs!r}, the project's own {mine!r}",
                "1.234 may be a little over one, or one thousand two hundred thirty-four; "
                "this is never guessed",
                f"write them with {mine!r} before the decimals, and nothing between thousands",
            )
    return mine


def _amounts(seen: tables.Look, raw: Raw) -> Iterator[str]:
    """The columns of texts that amounts are read from."""
    for mapped in seen.mapping:
        if seen.spec.column(mapped.canonical).kind in ("amount", "number"):
            for name in parts(mapped.source, raw.table):
                if pa.types.is_string(raw.table.column(name).type):
                    yield name


@contextmanager
def _as_written(alone: TableSpec, ours: tables.Choices) -> Iterator[None]:
    """What is raised inside says how a file is written that this project can read."""
    try:
        yield
    except Problem as error:
        given, allowed = (frozen(part, alone, where=False) for part in error.parts()[:2])
        error.reword(given, allowed, _remedy(error.remedy, alone, ours))
        raise


def _remedy(said: str, alone: TableSpec, ours: tables.Choices) -> str:
    """The remedy, where it names no choice; else the first of it, and how the project's own is written."""
    if not names_flags(said):
        return said
    first = re.split(r"[.;,] ", said)[0]
    how = f"write it as the project's own table is written: {_written(alone, ours)}"
    return how if names_flags(first) else f"{first}; or {how}"


def _written(alone: TableSpec, ours: tables.Choices) -> str:
    """How the project's own table is written, as far as a newcomer's rows have the same columns."""
    names = [column.name for column in alone.columns if column.required or column.kind in _SAID]
    called = {name: ours.columns.get(name, "") for name in names}
    columns = [
        f"{name} in a column {one if one and '*' not in one else name!r}"
        for name, one in called.items()
    ]
    order = f"days {ours.day_order} or " if "first" in ours.day_order else "days "
    money = f"; amounts in {ours.currency}" if ours.currency else ""
    return f"{', '.join(columns)}; {order}as YYYY-MM-DD; decimals with {ours.decimal!r}{money}"
