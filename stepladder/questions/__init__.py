"""The questions a business asks of its data: one folder each, all of one shape."""

from __future__ import annotations

import difflib
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from stepladder.core.errors import Problem

if TYPE_CHECKING:
    from stepladder.core.question import Question


DATA = Path(__file__).parent / "data"  # what several questions show themselves on
VARIABLE = "STEPLADDER_QUESTIONS"  # folders that hold questions of one's own
__path__ += [place for place in os.environ.get(VARIABLE, "").split(os.pathsep) if place]


def names() -> list[str]:
    """The questions there are: every folder here, or in a place of one's own, that is a package."""
    return sorted(
        path.parent.name for place in __path__ for path in Path(place).glob("*/__init__.py")
    )


def folder(name: str) -> Path:
    """The folder of a question, where its rungs are."""
    places = [Path(place, name) for place in __path__]
    return next((place for place in places if (place / "__init__.py").is_file()), places[0])


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


def package_path(path: Path) -> Path:
    """Where a file of ours, or of a question of one's own, lies in the package: questions/returns/toy.py."""
    root = Path(__file__).parents[1]
    for place in map(Path, __path__):
        if path.is_relative_to(place):
            return Path("questions") / path.relative_to(place)
    return path.relative_to(root)
