"""What the values of a column are is found once; later values that are something else are named."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.choices import INTEGER, NUMBER, TEXT, Choices
from stepladder.tables.columns.unread import examples
from stepladder.tables.ids.ids import PLAIN, Texts
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Day

Bools = npt.NDArray[np.bool_]

OTHER_TYPE = "other-type"  # the kind of the warning
_WORDS = {INTEGER: "whole number", NUMBER: "number"}
_FEW, _SHARE = 3, 0.05  # so many are somebody's slips or a test; more are how ids are from now on
ANEW = (
    "if it is like this from now on, have everything learnt anew: stepladder refresh --relearn, and "
    "then stepladder ship"
)


def found(table: pa.Table, spec: TableSpec) -> dict[str, str]:
    """What the ids of a clean table are, and its columns beside the question's own.

    What has no value yet is not decided.
    """
    own = {column.name: column.kind for column in spec.columns} | {"row": "number"}
    names = [name for name in table.column_names if own.get(name, "id") == "id"]
    filled = [name for name in names if table[name].null_count < table.num_rows]
    types = {name: _type(table.schema.field(name).type) for name in filled}
    return {name: one for name, one in types.items() if one}


def _type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return INTEGER
    return NUMBER if pa.types.is_floating(kind) else TEXT if pa.types.is_string(kind) else ""


def drop_other_ids(
    rows: Rows, spec: TableSpec, values: Mapping[str, Value], choices: Choices
) -> None:
    """Drops rows whose id is no whole number where all were; raises Problem where these are many."""
    for column in spec.columns:
        ids = values.get(column.name)
        if column.kind != "id" or choices.types.get(column.name) != INTEGER:
            continue
        assert isinstance(ids, Texts)
        plain = pc.match_substring_regex(ids.words, PLAIN).to_numpy(zero_copy_only=False)
        other = ~plain[ids.at] & ~ids.missing & rows.kept
        if other.any():
            among = rows.kept & _since_first(other, spec, values)
            name, source = column.name, choices.columns[column.name]
            say_other(rows, name, source, INTEGER, other, among, "left out")
            said = f"rows have a {name} that is no whole number, as all were before"
            rows.drop(other, f"other type of {name}", said)


def _since_first(other: Bools, spec: TableSpec, values: Mapping[str, Value]) -> Bools:
    """Where a row is not older than the first of these: before it nothing can have changed."""
    time = values.get(spec.time or "")
    if not isinstance(time, Day):
        return np.ones(len(other), bool)
    day, dated = time.dates.day, other & time.dates.found
    return np.asarray(day >= day[dated].min()) if dated.any() else np.ones(len(other), bool)


def say_other(
    rows: Rows, name: str, source: str, kind: str, other: Bools, among: Bools, fate: str
) -> None:
    """Warns of values that are not what the column's were; raises Problem where these are many."""
    count, word = int(other.sum()), _WORDS[kind]
    line = int(rows.raw.row[other].min())
    where = f"{rows.raw.place} {line:,}"
    if count >= _FEW and count > _SHARE * int(among.sum()):
        raise Problem(
            f"{count:,} of the last {int(among.sum()):,} values of {source!r}, the {name}, are no "
            f"{word}, such as {examples(rows.raw, source, other)}, from {where} on.",
            f"Every {name} was a {word} when this was chosen, and what was learnt knows them so; at most "
            f"{_SHARE:.0%} may be anything else, or fewer than {_FEW}.",
            f"Mend these values in the source; {ANEW}.",
        )
    rows.warn(
        OTHER_TYPE,
        f"{count:,} values of {name} are no {word}, as all were before (from {where} on), and are {fate}. "
        f"Mend that in the source; {ANEW}.",
        tuple(
            str(one)
            for one in rows.raw.table.column(source).filter(pa.array(other))[:3].to_pylist()
        ),
    )
