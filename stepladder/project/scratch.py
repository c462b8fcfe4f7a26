"""A folder for the time something runs; what a killed run left behind is swept by the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stepladder.core import rooms


@contextmanager
def scratch(home: Path | None = None) -> Iterator[Path]:
    """An empty folder that goes when the work is done, however it ends.

    home: where it lies, by default among this machine's temporary files.
    """
    rooms.swept()
    if home is not None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        rooms.swept(home)
    room = rooms.made(home)
    try:
        yield room
    finally:
        rooms.gone(room)
