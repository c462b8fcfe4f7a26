"""The audit of the record in a terminal: how much was written, and what does not stand as it was."""

from __future__ import annotations

import re
from dataclasses import asdict

from rich.text import Text

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.record.said import audit, part_of_chain
from stepladder.terminal.show import out, print_json


def audited(project: Project, head: str, as_json: bool) -> int:
    """Check the chain and say what was found; the exit code. Raises Problem on a head that is no hash."""
    if head and not re.fullmatch(r"[0-9a-f]{64}", head):
        raise Problem(
            f"--head {head}",
            "a head is the hash that stepladder audit shows: 64 of 0-9 and a-f",
            "copy it whole",
        )
    found = audit(project.record)
    there = part_of_chain(project.record, head) if head else None
    faults = list(found.faults)
    if there is False:
        faults.append(
            f"the head {head[:12]}… is not in the chain: it was cut off there, or is another's"
        )
    if as_json:
        print_json({**asdict(found), "faults": faults, "head_found": there, "well": not faults})
        return 1 if faults else 0
    many = "1 write" if found.events == 1 else f"{found.events:,} writes"
    out.print(Text(f"{many}, the last of them {found.head}"), soft_wrap=True)
    if found.erased:
        out.print(f"{found.erased:,} of them were erased with whom they were about")
    if found.before:
        out.print(f"{found.before:,} rows are older than the log, which cannot tell of them")
    if there:
        out.print("The head that you kept is part of it.")
    for fault in faults:
        out.print(Text(fault, style="bold red"), soft_wrap=True)
    if not faults:
        out.print("Everything stands as it was written. Keep the last hash elsewhere, for --head.")
    return 1 if faults else 0
