"""A table that a question can do without, where nobody gives it: its columns, and no rows."""

from __future__ import annotations

import pyarrow as pa

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.clean_columns import EMPTY
from stepladder.tables.report import Cleaned, DataReport

SAID = "No {name} were given, and none are needed: name them with --from {name}=FILE."


def absent(spec: TableSpec, choices: Choices) -> Cleaned:
    """The empty table and a report that says so."""
    columns = {column.name: pa.array([], EMPTY[column.kind]) for column in spec.columns}
    table = pa.table({**columns, "row": pa.array([], pa.int64())})
    said = SAID.format(name=spec.name)
    return Cleaned(table, DataReport("", "row", 0, 0, (), (), (), choices, (), True, said))
