"""loss.sql in the project's folder: read where something is judged, and not before."""

from __future__ import annotations

import os
from pathlib import Path

from stepladder.core import files, own_loss
from stepladder.core.own_loss import FILE
from stepladder.core.question import Question


def judged(question: Question, folder: Path) -> Question:
    """The question, judged by loss.sql where there is one: nights that only predict need not read it."""
    path = folder / FILE
    return (
        own_loss.judged_late(question, lambda: read(folder)) if os.path.lexists(path) else question
    )


def read(folder: Path) -> str:
    """The text of loss.sql; empty where there is none. Raises Problem where it cannot be read."""
    try:
        return files.read(folder / FILE).decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise own_loss.wrong(f"byte {error.start + 1:,} is no UTF-8") from None
    except OSError as error:
        raise own_loss.wrong(f"it cannot be read: {error.strerror or error}") from None
