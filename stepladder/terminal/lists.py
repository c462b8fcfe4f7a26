"""A list of whom to act on in a terminal: where it is, what its control can show, who is in it."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.text import Text

from stepladder.project.call_list import CALL, CONTROL, Written
from stepladder.project.folder import Project
from stepladder.record.lists import assignments, the_list
from stepladder.terminal.show import out, print_json


def listed(found: Written, as_json: bool) -> None:
    """Where the list was written, and what to know of it."""
    control = found.control
    if as_json:
        said = asdict(control) | {"sentences": control.sentences} if control else None
        print_json({"list": str(found.path), "number": found.number, "rows": found.rows,
                    "control": said, "notes": found.notes})  # fmt: skip
        return
    out.print(Text(f"List {found.number}: {found.path}, {found.rows:,} to call"), soft_wrap=True)
    for note in found.notes:
        out.print(Text(note, style="yellow"))
    if control:
        out.print(
            f"{_are(control.left_alone, ' more')} left alone, drawn by lot; who they are is sealed in the "
            f"record: stepladder record --list {found.number}"
        )
    for sentence in control.sentences if control else ():
        out.print(Text(sentence))


def sealed(project: Project, number: int, as_json: bool) -> None:
    """A list as the record has it: what was handed out, who is called, and who is left alone."""
    made = the_list(project.record, project.ask.question, number)
    arms: dict[str, list[dict[str, object]]] = {CALL: [], CONTROL: []}
    for one in assignments(project.record, number):
        arms[one.arm].append(json.loads(one.key))
    if as_json:
        print_json({**asdict(made), **arms})
        return
    out.print(
        Text(
            f"List {made.id}: {made.rows:,} to call by {made.rung} as of {made.as_of}, in {made.path} "
            f"(sha256 {made.sha256[:12]}…), made by {made.by} on {made.time[:10]}"
        ),
        soft_wrap=True,
    )
    if not arms[CONTROL]:
        out.print("Nobody of it is left alone.")
        return
    ids = ", ".join("/".join(map(str, case.values())) for case in arms[CONTROL])
    out.print(Text(f"{_are(len(arms[CONTROL]))} left alone: {ids}"), soft_wrap=True)


def _are(many: int, more: str = "") -> str:
    return f"{many:,}{more} {'is' if many == 1 else 'are'}"
