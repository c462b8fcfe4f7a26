"""The one door to rows: whatever is read, added, changed or removed is of one project.

No other file of this room may build a statement (tests/test_architecture.py), so there is none without
the project's id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select, update

from stepladder.record import schema
from stepladder.record.schema import NOBODY

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Owned:
    """The rows of one project, in one transaction."""

    connection: Connection
    project: str

    def rows(self, table: Table, *where: Condition) -> Sequence[Row[Any]]:
        """Its rows for which all of this holds, by number, without the project's id."""
        columns = [column for column in table.c if column.name != "project"]
        query = select(*columns).where(table.c.project == self.project, *where)
        return self.connection.execute(query.order_by(*table.primary_key.columns)).all()

    def last(self, table: Table, *where: Condition) -> Row[Any] | None:
        """The last of its rows for which all of this holds, or None."""
        columns = [column for column in table.c if column.name != "project"]
        query = select(*columns).where(table.c.project == self.project, *where)
        return self.connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()

    def count(self, table: Table) -> int:
        """How many rows it has."""
        mine = select(func.count()).select_from(table).where(table.c.project == self.project)
        return int(self.connection.scalar(mine) or 0)

    def next(self, table: Table, column: str = "id") -> int:
        """The number that comes next; also beyond those that nobody has claimed, so that a claim fits in."""
        whose = table.c.project.in_((self.project, NOBODY))
        return int(self.connection.scalar(select(func.max(table.c[column])).where(whose)) or 0) + 1

    def add(self, table: Table, row: Mapping[str, Any]) -> int:
        """One row more, numbered within the project; returns its number."""
        number = self.next(table)
        self.put(table, [{**row, "id": number}])
        return number

    def put(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows that have their numbers already, or need none."""
        if rows:
            mine = [{**plain(row), "project": self.project} for row in rows]
            self.connection.execute(insert(table), mine)

    def change(self, table: Table, where: Sequence[Condition], **values: Any) -> int:
        """Other values in its rows for which all of this holds; how many there are."""
        query = update(table).where(table.c.project == self.project, *where)
        return self.connection.execute(query.values(plain(values))).rowcount

    def remove(self, table: Table, *where: Condition) -> int:
        """Take out its rows for which all of this holds; how many there were."""
        query = delete(table).where(table.c.project == self.project, *where)
        return self.connection.execute(query).rowcount

    def claim(self, table: Table, *where: Condition) -> int:
        """Rows that nobody owns become this project's, and with them what hangs on them."""
        query = update(table).where(table.c.project == NOBODY, *where)
        return self.connection.execute(query.values(project=self.project)).rowcount

    def hand_over(self, table: Table, other: str) -> None:
        """All of its rows become another project's, and with them what hangs on them."""
        query = update(table).where(table.c.project == self.project)
        self.connection.execute(query.values(project=other))


def who_lives_at(connection: Connection, host: str, path: str) -> str:
    """The id of the project whose home is noted there, or none: of a folder that has lost its own."""
    t = schema.homes
    query = select(t.c.project).where(t.c.host == host, t.c.path == path)
    query = query.order_by(t.c.since.desc()).limit(1)
    return str(connection.scalar(query) or NOBODY)


def whose(connection: Connection, table: Table) -> dict[str, int]:
    """How many rows of a table each project has."""
    query = select(table.c.project, func.count()).group_by(table.c.project)
    return {str(project): int(n) for project, n in connection.execute(query)}


def plain(value: Any) -> Any:
    """What every database can keep: no NaN, no infinity, no NUL, no broken characters."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value
