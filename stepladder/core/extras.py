"""Libraries that only some verbs use, and how to get them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shlex

from stepladder.core.errors import Problem


def need(module: str, extra: str, what: str) -> None:
    """Make sure that a library is there before it is used. Raises Problem with the line that installs it."""
    if importlib.util.find_spec(module) is None:
        raise Problem(
            f"{what} needs the library {module}, which is not installed",
            "what only some people use is installed only by them",
            installing(extra),
        )


def installing(extra: str, *more: str) -> str:
    """The command that brings the libraries of an extra, and more of them.

    They are named one by one: that holds wherever stepladder itself came from, a checkout or a bundle,
    and whether or not a package index has it.
    """
    try:
        wanted = importlib.metadata.requires("stepladder") or []
    except (
        importlib.metadata.PackageNotFoundError
    ):  # its code was brought along without its metadata
        return f"install what its pyproject.toml names under `{extra}`"
    own = [text for text in wanted if re.search(rf"extra == ['\"]{extra}['\"]", text)]
    names = [text.partition(";")[0].strip() for text in own]
    return shlex.join(["pip", "install", *names, *more])
