"""Libraries that only some verbs use, and how to get them."""

from __future__ import annotations

import importlib.util

from stepladder.core.errors import Problem


def need(module: str, extra: str, what: str) -> None:
    """Make sure that a library is there before it is used. Raises Problem with the line that installs it."""
    if importlib.util.find_spec(module) is None:
        raise Problem(
            f"{what} needs the library {module}, which is not installed",
            "what only some people use is installed only by them",
            f"pip install 'stepladder[{extra}]'",
        )
