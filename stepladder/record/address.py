"""Where the record is, and who writes into it."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from stepladder.core.errors import Problem
from stepladder.core.extras import need

VARIABLE = "STEPLADDER_RECORD"


def address(written: str, folder: Path) -> URL:
    """Where the record is: STEPLADDER_RECORD if set, else as question.toml says, from its folder.

    Raises Problem on a password in question.toml: it would be copied into every record and report.
    """
    from_environment = os.environ.get(VARIABLE)
    url = checked(from_environment or written)
    if url.password and not from_environment:
        raise Problem(
            "question.toml: the address in `record` has a password in it",
            "passwords come from the environment, never from a file that is shared and recorded",
            "take it out and set PGPASSWORD, or set STEPLADDER_RECORD to the whole address",
        )
    if url.get_backend_name() == "sqlite":  # where it lies in truth, past every `..` and link
        return url.set(database=os.path.realpath(folder / str(url.database)))
    return url


def user() -> str:
    """Who is at the keyboard, as the system says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def checked(written: str | URL) -> URL:
    """An address the record can live at. Raises Problem on any other, without showing passwords."""
    try:
        url = make_url(written)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend == "sqlite" and url.database not in (None, "", ":memory:") and not url.query:
        return url
    if backend in ("postgresql", "postgres"):
        need("psycopg", "postgres", f"the record's address {_shown(written)}")
        return url.set(drivername="postgresql+psycopg")
    raise Problem(
        f"the record's address {_shown(written)} cannot be used",
        "a file, sqlite:///stepladder.db, or a Postgres, postgresql://user@host:5432/name",
        "correct `record` in question.toml, or STEPLADDER_RECORD",
    )


def _shown(written: str | URL) -> str:
    """As much of an unreadable address as surely holds no password."""
    return str(written).split(":", 1)[0] + ":…"
