"""A folder for the time something runs; what a killed run left behind is swept by the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stepladder.core import rooms


@contextmanager
def scratch(home: Path | None = None) -> Iterator[Path]:
    """An empty folder that goes when the work is done, however it ends; in `home`, if one is named."""
    rooms.swept(*filter(None, [home]))
    room = rooms.made(home)
    try:
        yield room
    finally:
        rooms.gone(room)
