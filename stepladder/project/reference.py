"""Which rung is the reference in a project: as the bake-off found that its decision rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stepladder.core.errors import Problem, Unusable
from stepladder.core.question import references
from stepladder.project.folder import Project
from stepladder.record import Shipment


def reference(project: Project) -> str:
    """The rung that every other must beat here, and that answers where another has no opinion.

    Where a question names several, it is the one that was taken in the bake-off that was decided on; else
    the one of what is in production, as in a bundle; else of the latest bake-off; before any, the first.
    """
    named = references(project.question)
    if len(named) == 1:
        return named[0]
    return next((name for name in _frozen(project) if name in named), named[0])


def _frozen(project: Project) -> Iterator[str]:
    decision = project.record.decision(project.ask.question)
    if decision and decision.bakeoff:
        yield from _taken(project, decision.bakeoff)
    yield from _shipped(project)
    yield from _taken(project, None)


def _taken(project: Project, number: int | None) -> Iterator[str]:
    """The one of a bake-off, by default the latest; none where it is not at hand."""
    try:
        yield project.result(number).reference
    except Unusable:
        raise
    except Problem:
        return


def _shipped(project: Project) -> Iterator[str]:
    """The one of the release in production; its file is held against its hash wherever it is used."""
    shipped = project.record.noted(Shipment, project.ask.question)
    path = project.folder / "releases" / f"{shipped[-1].release}.json" if shipped else None
    if path and path.is_file():
        yield str(json.loads(path.read_bytes())["reference"])
