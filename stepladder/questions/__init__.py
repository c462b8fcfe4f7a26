"""The questions a business asks of its data: one folder each, all of one shape."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

from stepladder.core.errors import Problem

if TYPE_CHECKING:
    from stepladder.core.question import Question


def names() -> list[str]:
    """The questions there are: every folder here that is a package."""
    return sorted(path.parent.name for path in folder("").glob("*/__init__.py"))


def folder(name: str) -> Path:
    """The folder of a question, where its rungs are."""
    return Path(__file__).parent / name


def load(name: str) -> Question:
    """The question of that name. Raises Problem naming those there are."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1)
        raise Problem(
            f"there is no question called {name!r}",
            f"the questions are: {', '.join(names())}",
            f"did you mean {near[0]!r}?" if near else "name one of these",
        )
    return cast("Question", importlib.import_module(f"stepladder.questions.{name}"))
