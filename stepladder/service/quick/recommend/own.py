"""What the twins of recommend look up: the rows of a request, and what is the same for everyone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa

from stepladder.core.history import quoted
from stepladder.service.quick import Seen, columns

Row = tuple[Any, Any, Any, int]  # person, item, time, row
Pair = tuple[Any, Any]


def likes(seen: Seen) -> list[Row]:
    """The rows of things that were liked."""
    liked = seen.ask.settings.liked

    def read() -> list[Row]:
        own = columns(seen.rows["interactions"])
        found = zip(*(own[n] for n in ("person", "item", "time", "row", "value")), strict=True)
        return [r[:4] for r in found if liked is None or (r[4] is not None and r[4] >= liked)]

    return seen.once("likes", read)


def taken(seen: Seen) -> list[Pair]:
    """What the persons have, and may not be shown again."""
    if seen.ask.settings.already_seen:
        return []
    return seen.once("had", lambda: pairs(seen.rows["interactions"]))


def pairs(table: pa.Table) -> list[Pair]:
    """Person and item of each row."""
    return list(zip(table["person"].to_pylist(), table["item"].to_pylist(), strict=True))


def candidates(seen: Seen) -> set[Any]:
    """What may be shown to somebody."""
    return seen.ever(
        "candidates", lambda: set(seen.sql("select item from candidates")["item"].to_pylist())
    )


def titles_of(seen: Seen) -> dict[Any, str]:
    """Each item's title."""

    def read() -> dict[Any, str]:
        found = columns(seen.sql(f"select item, {quoted('title')} as title from items"))
        return dict(zip(found["item"], found["title"], strict=True))

    return seen.ever("titles", read)


def codes(seen: Seen, codes: pa.Table) -> dict[Any, int]:
    """Each item's place in the matrix; always the same items, so they are looked at once."""
    kept = seen.ever("codes", lambda: (codes, code_of(codes)))
    return kept[1] if kept[0].equals(codes) else code_of(codes)


def code_of(codes: pa.Table) -> dict[Any, int]:
    """Each item's place."""
    return dict(zip(codes["item"].to_pylist(), codes["code"].to_pylist(), strict=True))


def numbered(cases: pa.Table) -> dict[Any, int]:
    """Each person's place among the cases."""
    return dict(zip(cases["person"].to_pylist(), cases["nth"].to_pylist(), strict=True))


def on_day(time: Any) -> Any:
    """The day of a moment."""
    return time.date() if isinstance(time, datetime) else time
