"""Single values of a request: ids, texts, moments, and how they are shown when they are wrong."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa

from stepladder.service.refused import Refused


def identifier(value: Any, kind: pa.DataType) -> int | str:
    """An id as it stands in the data: whole numbers as such, everything else as text. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError
    if not pa.types.is_integer(kind):
        return text(str(value))
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        raise ValueError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def unknown(given: str, name: str, known: Sequence[str]) -> Refused:
    """A field that nobody asked for, and what was probably meant."""
    near = difflib.get_close_matches(name[:100], known, 1)
    return Refused(
        422,
        given,
        f"known here: {', '.join(known)}",
        f"did you mean `{near[0]}`?" if near else "leave it out",
    )


def moment(value: Any, kind: pa.DataType) -> date | datetime:
    """A day or a moment as the data have them. Raises ValueError, TypeError."""
    if not isinstance(value, str):
        raise TypeError
    if pa.types.is_date(kind) or len(value) == 10:
        day = date.fromisoformat(value)
        return day if pa.types.is_date(kind) else datetime.combine(day, time())
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None:  # the data's own clock has no zone
        raise ValueError
    return found


def text(value: Any) -> str:
    """A text of sensible length. Raises ValueError."""
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError
    value.encode()  # lone surrogates are no text
    return value


def day(moment: date | datetime) -> date:
    """The day of a day or a moment."""
    return moment.date() if isinstance(moment, datetime) else moment


def shown(value: Any) -> str:
    """A value as it may be shown: short, and on one line."""
    said = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return said if len(said) <= 80 else f"{said[:77]}…"
