"""How to go on in a browser, said where a project was just made."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rich.text import Text

from stepladder.terminal.show import out


def look_around(folder: Path) -> None:
    """How to open the pages on a project, with the command as it can be typed here."""
    called = Path(sys.argv[0])
    program = "stepladder"
    if called.name == program and shutil.which(program) is None:
        program = str(called)  # it is on no search path: make put it into a folder of its own
    out.print(
        Text(f"Look around in a browser: {program} serve --project {folder} --open", style="bold"),
        soft_wrap=True,
    )
