"""Tables of any make to clean ones, with a report of what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from stepladder.core.table import Column, TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.findings import Finding, Mapped
from stepladder.tables.raw import Look, Raw
from stepladder.tables.report import Cleaned, DataReport
from stepladder.tables.told import to_markdown, to_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Choices",
    "Cleaned",
    "Column",
    "DataReport",
    "Finding",
    "Look",
    "Mapped",
    "TableSpec",
    "absent",
    "agreed",
    "agreeing",
    "choose",
    "clean",
    "look",
    "settled",
    "to_markdown",
    "to_text",
]

# The functions import what they need when called: to describe a table must stay cheap.


def look(
    source: str,
    spec: TableSpec,
    overrides: Mapping[str, str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    raw: Raw | None = None,
    taken: Collection[str] = (),
    shape: Mapping[str, Any] | None = None,
) -> Look:
    """Looks at a table: how it is written, and which of its columns serve the question.

    `raw` is the source where it was read already (as `Look.raw`); `taken` are columns of it that
    serve another table; `shape` is what was said of its form (`only`, `wide`, `by`, `every`,
    `to_number`). Raises Problem if it cannot be read or an override names no column.
    """
    from stepladder.tables import first_look

    return first_look.look(
        source,
        spec,
        overrides,
        encoding=encoding,
        separator=separator,
        sheet=sheet,
        raw=raw,
        taken=taken,
        shape=shape or {},
    )


def choose(
    seen: Look,
    *,
    ask_user: Callable[[str, Sequence[str]], str] | None,
    day_order: str | None = None,
    decimal: Literal[".", ","] | None = None,
    duplicates: Literal["drop", "keep"] = "drop",
    refunds: Literal["drop", "keep"] = "drop",
    time: Literal["column", "random"] = "column",
    own: bool = True,
    today: date | None = None,
    **sales: Any,
) -> Choices:
    """Freezes every choice of the cleaner; what is unclear is asked, or else is an error.

    `time="random"` accepts that there is none; `own=False` says that the source is another table's.

    `sales`: `currency`, `rates`, `from_day`, `to_day`, `strangers`, and of series `by`, `every`, `gaps`,
    `top`, `added`, as the Choices know them.
    `ask_user(question, answers)` returns one of the answers; give None where nobody can be
    asked. Raises Problem for a missing column, and names the flag for an unclear date or amount.
    """
    from stepladder.tables import first_look

    return first_look.choose(
        seen,
        ask_user=ask_user,
        day_order=day_order,
        decimal=decimal,
        duplicates=duplicates,
        refunds=refunds,
        time=time,
        own=own,
        today=today,
        **sales,
    )


def settled(seen: Look, choices: Choices, asked: bool) -> Look:
    """The look with the columns that were chosen in the end, for `clean` to tell how they were found."""
    from stepladder.tables import first_look

    return first_look.settled(seen, choices, asked)


def clean(
    source: str,
    spec: TableSpec,
    choices: Choices,
    raw: Raw | None = None,
    mapping: Sequence[Mapped] = (),
) -> Cleaned:
    """Cleans a table: what stays is usable, what goes is counted; the source is not touched.

    `mapping` says how the columns were found. Raises Problem if the source cannot be read, a column is
    missing or nothing usable remains.
    """
    from stepladder.tables import cleaner

    return cleaner.clean(source, spec, choices, raw, mapping)


def absent(spec: TableSpec, choices: Choices) -> Cleaned:
    """The table that nobody gave, and that the question can do without: no rows, and a report."""
    from stepladder.tables import ungiven

    return ungiven.absent(spec, choices)


def agreeing(
    ids: pa.ChunkedArray, of: str, table: pa.Table, name: str, now: Mapped | None, unique: bool
) -> Mapped | None:
    """The column of a table that holds another's ids, where the one found by name (`now`) does not."""
    from stepladder.tables.ids import across

    return across.agreeing(ids, of, table, name, now, unique)


def types_of(table: pa.Table, spec: TableSpec) -> dict[str, str]:
    """What the ids of a clean table are, and its further columns: integer, number or text."""
    from stepladder.tables import types

    return types.found(table, spec)


def agreed(specs: Sequence[TableSpec], cleaned: Mapping[str, Cleaned]) -> dict[str, Cleaned]:
    """Tables whose ids can be joined: integers if they are in every table, else text."""
    from stepladder.tables.ids import across

    return across.agreed(specs, cleaned)
