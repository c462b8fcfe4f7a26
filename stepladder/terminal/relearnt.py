"""What the present cleaner would change in a project, shown before it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.project.relearn import Change, relearn
from stepladder.terminal.show import made, out, print_json


def nothing_to_try() -> Problem:
    """A refresh with the choices as they are changes none of them."""
    return Problem(
        "--dry-run was given without --relearn",
        "it says what --relearn would change, and writes nothing",
        "stepladder refresh --relearn --dry-run",
    )


def shown(
    project: Project,
    as_json: bool,
    dry: bool,
    ask: Callable[[str, Sequence[str]], str] | None,
) -> None:
    """Make the choices anew and say what that changes; asks whoever is there before it is written."""
    seen: list[Change] = []

    def agreed(changes: Sequence[Change]) -> bool:
        seen.extend(changes)
        if not as_json:
            _print(changes)
        if dry or ask is None:
            return not dry
        return ask("Write this into question.toml?", ("yes", "no")) == "yes"

    found = relearn(project, agreed)
    written = found is not project
    if as_json:
        changes = [one._asdict() for one in seen]
        print_json({"project": str(project.folder), "written": written, "changes": changes})
    elif written:
        made(found, False, refreshed=True)
    else:
        out.print("Nothing was written.")


def _print(changes: Sequence[Change]) -> None:
    out.print(Text("What the present cleaner changes", style="bold"))
    for one in changes:
        before, after = _word(one.before), _word(one.after)
        out.print(Text(f"  {one.table}  {one.what}: {before} → {after}"), soft_wrap=True)
    if not changes:
        out.print("  nothing")
    out.print()


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
