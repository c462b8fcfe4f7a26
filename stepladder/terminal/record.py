"""The record in a terminal: where it is, what was done with it, whether it is well."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.text import Text

from stepladder.core.errors import Problem
from stepladder.project import record as kept
from stepladder.project.folder import Project
from stepladder.project.home import Unsettled
from stepladder.record.checking import findings
from stepladder.terminal.show import ask, out, print_json


def only_one(**asked: bool) -> str:
    """What is to be done, or nothing. Raises Problem on two things at once."""
    said = [name for name, wanted in asked.items() if wanted]
    if len(said) > 1:
        raise Problem(
            " and ".join(f"--{name}" for name in said),
            "one thing is done at a time",
            "say which: stepladder record --help",
        )
    return said[0] if said else ""


def done(project: Project, what: str, file: Path | None, url: str, as_json: bool) -> int:
    """Do one thing with the record and say so; the exit code."""
    if file is not None and what != "backup":
        raise Problem(f"the file {file}", "a file is named with --backup", "leave it out")
    if what == "check":
        return _checked(project, as_json)
    if not what:
        _told(project, as_json)
    elif what == "backup":
        path = kept.back_up(project, file)
        _say({"backup": str(path)}, f"The whole record is copied into {path}.", as_json)
    elif what == "move":
        rows = kept.move(project, url)
        _say(
            {"moved": rows, "record": url}, f"{rows} rows moved; question.toml says where.", as_json
        )
    elif what == "claim":
        rows = kept.claim(project)
        _say({"claimed": rows}, f"{rows} rows are this project's now.", as_json)
    else:
        found = kept.same(project) if what == "same" else kept.begin_anew(project)
        _say({"now": found}, f"This is {found}.", as_json)
    return 0


def asked_which(unsettled: Unsettled, as_json: bool) -> bool:
    """Ask whoever is at the keyboard what a folder is; whether anybody is there to say so."""
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    out.print(Text(f"{unsettled.given}."), soft_wrap=True)
    said = ask("Is it the same project in one place more, or a new one?", ("same", "new"))
    project = Project.open(unsettled.folder)
    _say(
        {}, f"This is {kept.same(project) if said == 'same' else kept.begin_anew(project)}.", False
    )
    return True


def _told(project: Project, as_json: bool) -> None:
    found = kept.about(project)
    if as_json:
        print_json(vars(found) | {"homes": list(found.homes)})
        return
    out.print(Text(f"Record: {found.place}"), soft_wrap=True)
    out.print(
        Text(f"Project: {found.project}, in {' and '.join(found.homes) or 'no place yet'}"),
        soft_wrap=True,
    )
    out.print(", ".join(f"{n} {name}" for name, n in found.rows.items() if n) or "nothing yet")


def _checked(project: Project, as_json: bool) -> int:
    found = findings(project.record, project.folder)
    if as_json:
        print_json({"well": not found, "findings": found})
    for line in [] if as_json else found or ["All is well."]:
        out.print(Text(line), soft_wrap=True)
    return 1 if found else 0


def _say(plain: dict[str, object], text: str, as_json: bool) -> None:
    if as_json:
        print_json(plain)
    else:
        out.print(Text(text), soft_wrap=True)
