"""The command line's one app, and the options that verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from stepladder import __version__

app = App(
    help_format="plaintext",  # markdown costs a quarter of the start
    name="stepladder",
    version=__version__,
    help="From a business question and a dirty table to the simplest model that is good enough.\n\n"
    "Example: stepladder try",
)
Folder = Annotated[Path, Parameter(name=["--project", "-p"], help="The project's folder.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for machines.")]
Flag = Annotated[bool, Parameter(negative="")]
Verbose = Annotated[
    bool, Parameter(name=["--verbose", "-v"], negative="", help="Write a log to stepladder.log.")
]
Workers = Annotated[int, Parameter(validator=Number(gte=1))]
HERE = Path(".")
