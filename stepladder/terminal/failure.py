"""Failures on the command line: three parts for what a person can mend, and an exit code."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import CycloptsError, UnusedCliTokensError

from stepladder.core.errors import CannotStand, Problem, Unfit, Unusable

if TYPE_CHECKING:
    from stepladder.terminal.console import Console

USAGE, INTERRUPTED, TERMINATED = 2, 130, 143


@contextmanager
def failing(as_json: bool) -> Iterator[None]:
    """Turn what is raised inside into words on standard error and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        print("\nstopped; nothing half-written is left behind", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        logging.getLogger("stepladder").debug("failed", exc_info=True)
        _tell(problem(error), as_json)
        sys.exit(USAGE)


def asked_first(error: Exception, as_json: bool) -> bool:
    """Whether it was a folder of which nobody has said what it is, and somebody has said so now."""
    if not isinstance(error, Unusable):
        return False
    from stepladder.project.home import Unsettled
    from stepladder.terminal.record import asked_which

    return isinstance(error, Unsettled) and asked_which(error, as_json)


def readable(words: Sequence[str]) -> None:
    """Refuse words that no file, database or page could keep, and empty ones. Raises Problem.

    What was given and is empty is not what was not given: `--case "$WHO"`, and nobody said who.
    """
    for before, word in zip(["", *words], words, strict=False):
        _not_empty(before, word)
        if "\0" in word or word.encode("utf-8", "replace").decode() != word:
            raise Problem(
                f"the word {word[:80]!r}",
                "what is typed is text in UTF-8, without the sign NUL",
                "write it with other signs; rename a file whose name is in another encoding",
            )


def _not_empty(before: str, word: str) -> None:
    flag, said, value = word.partition("=")
    if not (said and flag.startswith("-")):
        flag, value = before, word
    if value.strip() or (value and flag == "--separator"):  # which may be a blank
        return
    raise Problem(
        f"{flag if flag.startswith('-') else 'a word'} was given, and there is nothing in it",
        "what is given says something: nothing is not the same as leaving it out",
        "say what is meant, or leave it out; a variable of the shell may be empty",
    )


def problem(error: Exception) -> Problem:
    """Any error as three parts."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, CycloptsError):
        return _usage(error)
    if isinstance(error, CannotStand):
        return Problem(
            str(error), "the data must be able to carry the question", "bring more history"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            f"the disk is full: {error.filename or 'no room left'}",
            "the project, and the system's temporary folder, need room to write",
            "free some room, or set TMPDIR to a folder that has it, and run again",
        )
    if isinstance(error, MemoryError | RecursionError):
        return Problem(
            "there is not room enough to read it: too large, or nested too deep",
            "a table fits into memory; files of settings are small and flat",
            "give smaller files, or more memory",
        )
    if isinstance(error, OSError):
        return Problem(
            f"{error.filename or 'a file'}: {error.strerror or error}",
            "the project's folder must be readable and writable",
            "check the path and its permissions",
        )
    return Problem(
        f"{type(error).__name__}: {error}",
        "this is a fault in stepladder, not in what you did",
        "run again with -v and send stepladder.log to whoever keeps stepladder",
    )


def _usage(error: CycloptsError) -> Problem:
    """A slip on the command line: what it is, what there is, and the help of the verb that was meant."""
    said, *more = re.split(r"(?<=[.?!]) (?=[A-Z])", " ".join(str(error).split()))
    meant = [f"{part[:1].lower()}{part[1:]}" for part in more if part.startswith("Did you mean")]
    known = [part for part in more if not part.startswith("Did you mean")]
    verb = " ".join(error.command_chain or ())
    help_ = f"stepladder {verb} --help" if verb else "stepladder --help"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        word = error.unused_tokens[0]
        said, a_folder = f"{word!r} is a word too many", Path(word).is_dir()
        meant = ["a project's folder is named with --project;"] if a_folder else []
    return Problem(
        said.rstrip("."),
        f"{known[0][:1].lower()}{known[0][1:]}".rstrip(".")
        if known
        else f"the options are those of {help_}",
        " else ".join([*meant, help_]),
    )


def _tell(found: Problem, as_json: bool) -> None:
    if as_json:
        parts = dict(zip(("given", "allowed", "remedy"), found.parts(), strict=True))
        print(json.dumps({"error": parts, **_tables(found)}, default=str))  # noqa: T201
        return
    from rich.text import Text

    from stepladder.terminal.console import Console

    console = Console(stderr=True)
    if isinstance(found, Unfit):
        _tell_read(found, console)
    labels = (("given  ", "bold red"), ("allowed", "bold"), ("remedy ", "bold green"))
    for (label, style), part in zip(labels, found.parts(), strict=True):
        console.print(Text.assemble((label, style), "  ", part), soft_wrap=True)


def _tables(found: Problem) -> dict[str, Any]:
    """What was read of each table before it was refused, as `new` says it."""
    if not isinstance(found, Unfit):
        return {}
    tables = {name: report.summary() for name, report in found.read.items()}
    return {**next(iter(tables.values()), {}), "tables": tables}


def _tell_read(found: Unfit, console: Console) -> None:
    from stepladder.tables.told import to_text
    from stepladder.terminal.show import lines

    for report in filter(lambda report: report.source, found.read.values()):
        lines(to_text(report, page=False).splitlines(), console, bold=bool(report.totals))
        console.print()
