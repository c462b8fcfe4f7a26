"""The picture of it all: what hangs on what, and every day and step with its state, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stepladder.core.files import write
from stepladder.nightly.plan import STEPS, Planned, plan
from stepladder.nightly.production import Production
from stepladder.project.folder import Project
from stepladder.record import Step
from stepladder.report import words
from stepladder.report.rendered import rendered

MOST = 400  # days on the page
# where each step stands in the graph, and what it waits for
GRAPH = {
    "check": (0, 0, ()),
    "fit": (1, 1, ("check",)),
    "predict": (2, 0, ("check", "fit")),
    "publish": (3, 0, ("predict",)),
    "watch": (4, 0, ("publish",)),
}
SAYS = {
    "check": "fit to act on?",
    "fit": "the rung learns anew",
    "predict": "all cases are asked",
    "publish": "others see the answers",
    "watch": "against what came",
}
WIDE, HIGH, GAP_X, GAP_Y = 164, 64, 40, 40


@dataclass(frozen=True)
class Box:
    """A step in the graph."""

    name: str
    says: str
    state: str
    seconds: str
    x: int
    y: int


def picture(project: Project, path: Path, days: list[date] | None = None) -> Path:
    """Write the page: the graph of the latest day, and a day × step grid. Returns where it is."""
    style = Path(__file__).parent / "templates" / "runs.css"
    write(path, rendered("stepladder.nightly", "runs", contents(project, days), style))
    return path


def contents(project: Project, days: list[date] | None = None) -> dict[str, Any]:
    """What the templates of the page need. Raises Problem where nothing is in production."""
    production = Production.of(project)
    manifest = production.release.manifest
    ran = project.record.noted(Step, project.ask.question)
    asked = sorted({date.fromisoformat(one.day) for one in ran} | set(days or ()))[-MOST:]
    asked = asked or [project.now()]
    found = {(one.day, one.step): one for one in plan(production, asked).steps}
    boxes = _boxes(production, asked[-1], found, ran)
    return {
        "question": production.project.words,
        "name": project.ask.question,
        "rung": words.label(manifest.rung, _title(project, manifest.rung)),
        "decision": manifest.decision,
        "forced": manifest.forced,
        "notes": production.changed(),
        "boxes": boxes,
        "arrows": _arrows(boxes),
        "wide": 5 * WIDE + 4 * GAP_X,
        "high": 2 * HIGH + GAP_Y,
        "steps": STEPS,
        "last": asked[-1],
        "rows": [_row(day, found, ran) for day in reversed(asked)],
        "failures": _failures(found),
    }


def _title(project: Project, rung: str) -> str:
    return next((one.title for one in project.ladder if one.name == rung), "")


def _boxes(
    production: Production, day: date, found: dict[tuple[date, str], Planned], ran: list[Step]
) -> list[Box]:
    made = []
    for step, (column, row, _) in GRAPH.items():
        when = production.fit_day(day) if step == "fit" else day
        one = found.get((when, step))
        x, y = column * (WIDE + GAP_X), row * (HIGH + GAP_Y)
        made.append(Box(step, SAYS[step], _state(one), _took(ran, when, step), x, y))
    return made


def _arrows(boxes: list[Box]) -> list[str]:
    """A line from each step to those that need it."""
    at = {box.name: box for box in boxes}
    lines = []
    for step, (_, _, needs) in GRAPH.items():
        for need in needs:
            a, b = at[need], at[step]
            x, y, end, to = a.x + WIDE, a.y + HIGH / 2, b.x - 8, b.y + HIGH / 2
            # straight on over the gap that fit leaves; else in a bow
            bow = f"H{end}" if y == to else f"C{x + 24},{y} {end - 22},{to} {end},{to}"
            lines.append(f"M{x},{y} {bow}")
    return lines


def _row(day: date, found: dict[tuple[date, str], Planned], ran: list[Step]) -> dict[str, Any]:
    cells = []
    for step in STEPS:
        one = found.get((day, step))
        why = one.why if one else ""
        cells.append({"state": _state(one), "why": why, "took": _took(ran, day, step)})
    return {"day": day, "cells": cells}


def _state(one: Planned | None) -> str:
    if one is None:
        return "none"
    if one.state == "to do" and one.why.startswith("failed"):
        return "failed"
    return one.state.replace(" ", "-")


def _took(ran: list[Step], day: date, step: str) -> str:
    mine = [one for one in ran if (one.day, one.step, one.status) == (str(day), step, "done")]
    return words.seconds(mine[-1].seconds) if mine else ""


def _failures(found: dict[tuple[date, str], Planned]) -> list[dict[str, Any]]:
    """Each reason once, with the steps and days it holds for."""
    open_ = [one for one in found.values() if _state(one) in ("failed", "stale")]
    said = []
    for why in dict.fromkeys(one.why for one in open_):
        mine = [one for one in open_ if one.why == why]
        days, steps = sorted({one.day for one in mine}), {one.step for one in mine}
        names = words.listed(step for step in STEPS if step in steps)
        said.append({"steps": names, "first": days[0], "last": days[-1], "why": why})
    return said
