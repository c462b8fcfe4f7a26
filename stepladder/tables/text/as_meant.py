"""What other programs did to a text table, undone before it is read."""

from __future__ import annotations

from stepladder.tables.findings import Warned
from stepladder.tables.text.accidents import guarded, undone, unescaped, unspaced
from stepladder.tables.text.dialect import sample_of, separator_of
from stepladder.tables.text.line_ends import one_kind_of_line_end
from stepladder.tables.text.strays import closed


def as_meant(
    data: bytes, separator: str | None, version: int
) -> tuple[bytes, str, tuple[str, ...], tuple[Warned, ...]]:
    """The text without what other programs did to it, its separator, and what was done."""
    text = one_kind_of_line_end(data, separator, version)
    if version < 2:
        return text, separator_of(sample_of(text), separator), (), ()
    text, undid = undone(text)
    mark = separator_of(sample_of(text), separator)
    text, warned = unescaped(unspaced(guarded(text, mark), mark), mark)
    strays: tuple[Warned, ...] = ()
    if closed(sample_of(text).encode(), mark)[1]:
        text, strays = closed(text, mark)
    return text, mark, undid, (*warned, *strays)
