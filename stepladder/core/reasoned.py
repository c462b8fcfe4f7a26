"""Answers with the source rows that each comes from, and what these say in words."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from stepladder.core.predictions import places


def reasoned(answers: pa.Table, rows: pa.Table, said: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The answers, in their order, with `why` and `because`; nothing of these where none is known.

    rows: keys, row: the numbers of the rows, each answer's in the order in which they are told.
    said: keys, because: at most one for each answer.
    """
    lists = rows.group_by(list(keys), use_threads=False).aggregate([("row", "list")])
    why = lists["row_list"].take(places(answers, lists, keys))
    at = answers.column_names.index("why")
    table = answers.set_column(at, "why", why.cast(answers.schema.field("why").type))
    return table.append_column("because", said["because"].take(places(answers, said, keys)))
