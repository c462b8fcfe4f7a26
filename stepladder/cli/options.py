"""The command line's one app, and the options that verbs share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, Token
from cyclopts.validators import Number

from stepladder import __version__

app = App(
    default_parameter=Parameter(
        negative_iterable=()
    ),  # no --empty-column: to name none is to leave it away
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


def whole(kind: object, tokens: Sequence[Token]) -> int:
    """A whole number as it is typed: 1.5 is none, and is never rounded."""
    if not tokens[0].value.strip().removeprefix("-").isdecimal():
        raise ValueError(f"{tokens[0].value} is no whole number")
    return int(tokens[0].value)


Workers = Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=1_000))]
RecordId = Annotated[int, Parameter(converter=whole, validator=Number(gte=0, lte=2**31 - 1))]
HERE = Path(".")
MOST_DIGITS = 6  # of the number of a period: more are a day without signs between


def last(text: str | None, flag: str) -> dict[str, date | int | None]:
    """The last day wanted or, as a number, the last period. Raises Problem on anything else."""
    if text is not None and text.isdecimal() and len(text) <= MOST_DIGITS:
        return {"to_number": int(text)}
    return {"to_day": day(text, flag)}


def day(text: str | None, flag: str) -> date | None:
    """A day as it is typed. Raises Problem on anything else."""
    from stepladder.core.ask import FIRST, LAST
    from stepladder.core.errors import Problem

    if text is None:
        return None
    try:
        if FIRST <= (found := date.fromisoformat(text)) <= LAST:
            return found
    except ValueError:
        pass
    raise Problem(
        f"{flag} {text}",
        f"a day is written YYYY-MM-DD, and lies between {FIRST} and {LAST}",
        f"e.g. {flag} 2024-06-01",
    )
