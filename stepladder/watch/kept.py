"""What the last watch of today's data found, kept in the project for the pages that show it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.watch.findings import Watched, to_json

FILE = "watch.json"


def keep(watched: Watched, folder: Path) -> None:
    """Keep what was found in a project's folder, whole or not at all."""
    files.write(folder / FILE, json.dumps(to_json(watched), indent=1))


def kept(folder: Path) -> tuple[Watched, str] | None:
    """What was found last, and the text it is of; None where nobody has looked yet. Raises Problem."""
    try:
        text = files.read(folder / FILE).decode("utf-8")
    except FileNotFoundError:
        return None
    try:
        return _plain().validate_json(text), text
    except (ValidationError, UnicodeDecodeError):
        raise Problem(
            f"what the watch found cannot be read: {FILE}",
            "it is written by stepladder watch, and at the end of every night",
            "let it look again: stepladder watch",
        ) from None


@cache
def _plain() -> TypeAdapter[Watched]:
    return TypeAdapter(Watched)
