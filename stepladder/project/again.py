"""Run a recorded bake-off again and say what reproduces and what changed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from stepladder.bakeoff.result import Result, RungResult
from stepladder.bakeoff.runs import Progress
from stepladder.project.bakeoff import repeated
from stepladder.project.folder import Project
from stepladder.project.judged import changed
from stepladder.questions.question_toml import parse


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
    """Run bake-off `number` again: its own settings and loss, the version of the data that they name.

    Today's code, libraries and rungs are used; what of these, of the data or of question.toml has
    changed since is said. Raises Problem where there is no such bake-off, or its data are gone.
    """
    first = project.result(number)
    ask = parse(first.settings, f"the settings of bake-off {number}")
    ask = ask.model_copy(update={"record": project.ask.record})  # it may have moved since
    as_it_was = Project(project.folder, ask, first.settings).judged_by(first.loss_sql)
    second = repeated(as_it_was, workers=workers, progress=progress)
    same, different = _agreement(first, second)
    other = changed(project.folder, first.loss_sql, f"bake-off {number}")
    told = (*_changes(first, second, project.settings), *[other] * bool(other))
    return Reproduction(number, second, same, different, told)


def _agreement(first: Result, second: Result) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rungs whose predictions, to the byte, and figures agree, and those that do not."""
    before, after = ({r.rung: _figures(r) for r in result.rungs} for result in (first, second))
    same = tuple(name for name in before if after.get(name) == before[name])
    names = dict.fromkeys([*before, *after])
    return same, tuple(name for name in names if name not in same)


def _figures(row: RungResult) -> tuple[object, ...]:
    """Without the draws, which earlier bake-offs did not keep: where the ranges agree they are the same."""
    choose = row.choose and replace(row.choose, worse_draws=(), above_draws=())
    bins = tuple(replace(bin, came=()) for bin in row.calibration)
    return row.status, choose, row.report, row.cutoffs, row.measures, bins


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
    code = {r.rung: r.code_sha256 for r in first.rungs}
    for r in second.rungs:
        if r.code_sha256 != code.get(r.rung, ""):
            found.append(f"rungs: {r.rung} was {'changed' if r.rung in code else 'not there'}")
    lines = difflib.ndiff(first.settings.splitlines(), settings.splitlines())
    edits = [line for line in lines if line[:1] in "+-" and line[1:].strip()]
    found += [f"settings now (not used here): {line}" for line in edits]
    return tuple(found)
