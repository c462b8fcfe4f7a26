"""Do a step once more, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from stepladder.core.errors import Problem
from stepladder.nightly.keys import STEPS, named
from stepladder.nightly.production import Production

ASIDE = ".again"


@contextmanager
def once_more(production: Production, step: str, days: Iterable[date]) -> Iterator[None]:
    """While this lasts a step, and those after it, are not done. Raises Problem.

    What was there before comes back where nothing new took its place.
    """
    if step not in STEPS:
        raise Problem(f"--again {step}", f"the steps are: {', '.join(STEPS)}", "name one of these")
    try:
        for day in days:
            for later in STEPS[STEPS.index(step) :]:
                when = production.fit_day(day) if later == "fit" else day
                path = named(production, later, when).path
                if path.is_file():
                    path.replace(path.with_name(f".{path.name}{ASIDE}"))
        yield
    finally:
        for room in ("runs", "published"):
            put_back(production.project.folder / room)


def put_back(folder: Path) -> None:
    """Files that were put aside return, unless there is a new one; also after a kill."""
    for aside in folder.rglob(f".*{ASIDE}"):
        path = aside.with_name(aside.name[1 : -len(ASIDE)])
        if path.is_file():
            aside.unlink()
        else:
            aside.replace(path)
