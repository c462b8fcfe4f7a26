"""Where a project lives: the folders it was opened in, by machine and path, as the record notes them."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stepladder.record.owned import Owned
from stepladder.record.schema import homes

VARIABLE = "STEPLADDER_HOST"  # for containers, whose names are others each time
MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True)
class Home:
    """A folder in which a project lives. host: the machine's name, and what tells it from all others."""

    host: str
    path: str
    since: str = ""

    @property
    def here(self) -> bool:
        """Whether it is on this machine, whatever the machine is called today."""
        return self.host.rpartition("/")[2] == host().rpartition("/")[2]

    def __str__(self) -> str:
        return self.path if self.here else f"{self.path} on {self.host.partition('/')[0]}"


def host() -> str:
    """This machine: its name, and a mark that stays when it is renamed."""
    name = os.environ.get(VARIABLE) or platform.node() or "here"
    if VARIABLE in os.environ:
        return f"{name}/{name}"
    try:
        known = MACHINE.read_text().strip()
    except OSError:
        known = ""
    mark = hashlib.sha256(f"stepladder {known}".encode()).hexdigest()[:12] if known else name
    return f"{name}/{mark}"


def home_of(folder: Path) -> Home:
    """A folder as a home on this machine."""
    return Home(host(), str(folder.resolve()), datetime.now(UTC).isoformat(timespec="seconds"))


def noted(mine: Owned) -> list[Home]:
    """Every home of a project, the oldest first."""
    found = [Home(**row._mapping) for row in mine.rows(homes)]
    return sorted(found, key=lambda home: home.since)


def note(mine: Owned, home: Home) -> None:
    """One home more."""
    mine.remove(homes, *_is(home))
    mine.put(homes, [{"host": home.host, "path": home.path, "since": home.since}])


def leave(mine: Owned, home: Home) -> None:
    """A home that is none any more."""
    mine.remove(homes, *_is(home))


def _is(home: Home) -> list:  # type: ignore[type-arg]
    return [homes.c.host == home.host, homes.c.path == home.path]
