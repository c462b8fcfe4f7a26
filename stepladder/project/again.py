"""Run a recorded bake-off again and say what reproduces and what changed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from stepladder.bakeoff.result import Result
from stepladder.bakeoff.runs import Progress
from stepladder.core.ask import parse
from stepladder.project.bakeoff import run_bakeoff
from stepladder.project.folder import Project


@dataclass(frozen=True)
class Reproduction:
    """A second run beside the first: the rungs that agree to the byte, and what differs."""

    first: int
    second: Result
    same: tuple[str, ...]
    different: tuple[str, ...]
    changed: tuple[str, ...]  # data, versions, settings: sentences


def run_again(
    project: Project, number: int, *, workers: int = 2, progress: Progress = lambda *_: None
) -> Reproduction:
    """Run bake-off `number` again with its own settings on the data as they are now.

    Raises Problem where there is no such bake-off.
    """
    first = project.result(number)
    ask = parse(first.settings, f"the settings of bake-off {number}")
    as_it_was = Project(project.folder, ask, first.settings)
    second = run_bakeoff(as_it_was, workers=workers, progress=progress)
    same, different = _agreement(first, second)
    return Reproduction(number, second, same, different, _changes(first, second, project.settings))


def _agreement(first: Result, second: Result) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = {r.rung: (r.status, [at.predictions_sha256 for at in r.cutoffs]) for r in first.rungs}
    after = {r.rung: (r.status, [at.predictions_sha256 for at in r.cutoffs]) for r in second.rungs}
    same = tuple(name for name in before if after.get(name) == before[name])
    names = dict.fromkeys([*before, *after])
    return same, tuple(name for name in names if name not in same)


def _changes(first: Result, second: Result, settings: str) -> tuple[str, ...]:
    found = []
    for name in first.data:
        old, new = (r.data[name]["fingerprint"][:12] for r in (first, second))
        if old != new:
            found.append(f"data: {name} was {old}, is {new}")
    for name in sorted({*first.versions, *second.versions}):
        before, after = (r.versions.get(name, "absent") for r in (first, second))
        if before != after:
            found.append(f"versions: {name} was {before}, is {after}")
    lines = difflib.ndiff(first.settings.splitlines(), settings.splitlines())
    edits = [line for line in lines if line[:1] in "+-" and line[1:].strip()]
    found += [f"settings now (not used here): {line}" for line in edits]
    return tuple(found)
