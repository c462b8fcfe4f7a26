"""Two values of one series for one moment: refused, with what would tell them apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.columns.find import parts
from stepladder.tables.findings import typed
from stepladder.tables.ids.ids import encoded
from stepladder.tables.rows.rows import Rows
from stepladder.tables.sales.sale import together
from stepladder.tables.series.points import Floats, Ints, Points
from stepladder.tables.series.whole import named


def two_values(
    rows: Rows, spec: TableSpec, before: Choices, choices: Choices, there: Points, value: Floats
) -> Problem:
    """The error for several values of one series for one moment; `before`: the choices as they were made."""
    twice = np.flatnonzero(there.size > 1)
    every, one = choices.every or "day", twice[0]
    mine = there.rows[there.of == one]
    series = str(there.names[int(there.series[one])])
    when = named(int(there.period[one]), every, choices.week_starts)
    shown = " and ".join(f"{value[at]:,.12g}" for at in mine[:2])
    lines = " and ".join(f"{int(rows.raw.row[at]):,}" for at in mine[:2])
    add = (
        f"Are they to be added up? --every {every}"
        if before.every is None
        else f"Are they to be added up? Set added = true under [tables.{spec.name}.choices] in "
        "question.toml; then: stepladder refresh"
    )
    known = list(choices.by) or [choices.columns[spec.key[0]]]
    others = [n for n in rows.raw.table.column_names if n not in _used(rows, choices)]
    if column := _apart(rows, others, there, twice):
        other = f" Or are they of different series? --by {typed(','.join([*known, column]))}"
    elif others:
        named_so = typed(",".join([*known, "OTHER"]))
        other = f" Or name the column that tells them apart: --by {named_so}"
    else:
        other = " Or mend these rows in the source."
    return Problem(
        f"a {spec.key[0]} has two values for one {every} {len(twice):,} time{'s' * (len(twice) > 1)}, such "
        f"as {series} in {when}: {shown} ({rows.raw.place}s {lines})",
        f"of each {spec.key[0]} there is one value per {every}",
        f"{add}.{other}",
    )


def _used(rows: Rows, choices: Choices) -> set[str]:
    """The columns of the source that are taken for something, and those made of several."""
    taken = choices.columns.values()
    return {*taken, *choices.by, *(one for each in taken for one in parts(each, rows.raw.table))}


def _apart(rows: Rows, others: list[str], there: Points, twice: Ints) -> str | None:
    """The first of the columns by which no two rows of a series and period are alike."""
    table = rows.raw.table
    at = np.flatnonzero(np.isin(there.of, twice))
    some, of = table.take(pa.array(there.rows[at])), there.of[at]
    for name in others:
        code = encoded(some.column(name))[1].astype(np.int64)
        few = len(np.unique(code)) < len(code)  # else it numbers the rows
        if (few or len(at) == 2) and len(np.unique(together(of, code))) == len(at):
            return name
    return None
