"""What a change of the rules would do, as far as what was recorded can tell, before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.result import Result
from stepladder.core.errors import Problem
from stepladder.core.predictions import places
from stepladder.core.question import case_word, many
from stepladder.money import priced
from stepladder.project.all_cases import cases_of
from stepladder.project.folder import Project
from stepladder.project.report import exam_of
from stepladder.project.rules import Change
from stepladder.report.evidence import row_of
from stepladder.report.meaning import called

LOOKED_AT = 100  # lists
SHOWN = 12  # items
ANEW = "What this does to the comparison only a new bake-off can say: stepladder bakeoff."


def effects(project: Project, change: Change) -> list[str]:
    """What would change, in sentences. Raises Problem where what was recorded cannot be read."""
    try:
        result = project.result()
    except Problem:
        return ["No bake-off has been run here yet: nothing that was answered changes."]
    keys = {name for name, _, _ in change.keys}
    said = []
    if "good_enough" in keys:
        said.append(_proposed(result, change))
    own = {name for name in keys if name.startswith(f"{project.ask.question}.")}
    if own and project.question.KEYS != project.question.CASE:
        said += _lists(project, result, change)
    if keys - {"good_enough"}:
        said.append(ANEW)
    return said


def proposed_under(result: Result, margin: float) -> str | None:
    """The rung that the latest bake-off would have proposed; None where its result alone cannot tell.

    That is so where money is what counts, or where the choice had to stand with others to learn from.
    """
    proposal = result.proposal
    if proposal.undecided or not proposal.rung:
        return proposal.rung
    if result.good_enough_money is not None or (result.lists and result.lists.budget):
        return None
    if _lowest(result, result.good_enough) != proposal.rung:
        return None
    return _lowest(result, margin)


def _lowest(result: Result, margin: float) -> str:
    inside: list[tuple[Any, ...]] = [
        (row.height, round(row.cost.money_per_year, -1), row.choose.loss, row.rung)
        for row in result.rungs
        if row.status == "ok" and row.cost and row.choose
        and (row.rung == result.proposal.best or row.choose.worse_high <= margin)
    ]  # fmt: skip
    return str(min(inside)[-1])


def _proposed(result: Result, change: Change) -> str:
    if change.ask.good_enough is None and priced(change.ask):
        return ANEW
    found = proposed_under(result, change.ask.tolerance)
    if found is None:
        return ANEW
    if not found:
        return f"Bake-off {result.id} proposes no rung, whatever is good enough."
    name = called(row_of(result, found))
    if found == result.proposal.rung:
        return f"Bake-off {result.id} would still propose “{name}”."
    before = called(row_of(result, result.proposal.rung))
    return f"Bake-off {result.id} would propose “{name}” in place of “{before}”."


def _lists(project: Project, result: Result, change: Change) -> list[str]:
    """Which of the lists of the exam change, and what leaves them."""
    cutoff, rung = result.windows[-1].called, result.proposal.shown
    said, usual = (_stored(project, result, name, cutoff) for name in (rung, result.reference))
    before = _completed(project, result, said, usual)
    after = _completed(Project(project.folder, change.ask, change.text), result, said, usual)
    case, items = project.question.CASE, len(project.question.CASE)
    old, new = (_by_case(table, project.question.KEYS, items) for table in (before, after))
    differ = [one for one in old if old[one] != new.get(one, [])]
    leave = _named(item for one in differ for item in old[one] if item not in new.get(one, []))
    come = _named(item for one in differ for item in new.get(one, []) if item not in old[one])
    name = called(row_of(result, rung))
    people = many(case_word(project.question)) if len(case) == 1 else "cases"
    return [
        f"Of the lists of {len(old)} {people} that “{name}” gave in the exam, {len(differ)} change.",
        *([f"These leave: {leave}."] if leave else []),
        *([f"These come in: {come}."] if come else []),
        "What a rung itself would find under the new rules is known after the next bake-off.",
    ]


def _completed(project: Project, result: Result, said: pa.Table, usual: pa.Table) -> pa.Table:
    history = project.history().at(date.fromisoformat(result.now))
    last = next(
        h for h in project.question.holdouts(history) if h.name == result.windows[-1].called
    )
    known = exam_of(project.question, last, said).known
    return project.question.complete(said, lambda: usual, known, cases_of(project.question, said))[
        0
    ]


def _stored(project: Project, result: Result, rung: str, cutoff: str) -> pa.Table:
    path = project.folder / "bakeoffs" / str(result.id) / rung / f"{cutoff}.parquet"
    if not path.is_file():
        raise Problem(
            f"the predictions {path.name} of {rung} are gone",
            "a preview is made of the predictions that the bake-off left",
            "run it again: stepladder bakeoff",
        )
    table = pq.read_table(path)
    few = cases_of(project.question, table).slice(0, LOOKED_AT)
    there = places(table, few, project.question.CASE)
    return table.filter(pc.is_valid(there))


def _by_case(table: pa.Table, keys: tuple[str, ...], case: int) -> dict[tuple[Any, ...], list[str]]:
    found: dict[tuple[Any, ...], list[str]] = {}
    for row in zip(*(table[name].to_pylist() for name in keys), strict=True):
        rest = [str(value) for value in row[case:] if value is not None]
        found.setdefault(row[:case], []).extend([" ".join(rest)] if rest else [])
    return found


def _named(items: Iterable[str]) -> str:
    there = list(dict.fromkeys(items))
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    return ", ".join(there[:SHOWN]) + more
