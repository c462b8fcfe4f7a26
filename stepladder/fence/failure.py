"""Why a rung gave no answer, in one lay line for the table and three for whoever can mend it."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from pathlib import Path

from stepladder.core.errors import CannotStand, Outgrown, Problem
from stepladder.core.extras import installing
from stepladder.fence.sandbox import Forbidden

EXTRAS = {
    "lightgbm": "ml",
    "numba": "fast",
    "pyspark": "spark",
    "sqlglot": "spark",
}
SHARED = re.compile(r"(lib[\w+.-]+?\.(?:so|dylib)[\d.]*)")
LONGEST, MUCH = 200, 20_000  # characters of a line, and of what is for the log
BUGS = "a rung answers every case, or raises CannotStand with one sentence that says why it cannot"


@dataclass(frozen=True)
class Failure:
    """status: the row's line. problem: given, allowed, remedy, if any. detail: for the log."""

    status: str
    problem: tuple[str, ...]
    detail: str = ""


def failure(error: BaseException, path: Path) -> Failure:
    """What to say about an error that a rung's file raised."""
    detail = "".join(traceback.format_exception(error))
    status, *problem = _said(error, path)
    told = (text[:MUCH] for text in problem)
    return Failure(_short(status), tuple(told), detail[-MUCH:])


def _said(error: BaseException, path: Path) -> tuple[str, ...]:
    file = f"{path.parent.name}/{path.name}"
    if isinstance(error, CannotStand):
        return (str(error),)
    if missing := _missing(error):
        return (
            f"not run: needs {missing}",
            f"{file} needs {missing}",
            BUGS,
            "install it and run again",
        )
    if reached := _reached(error):
        return (
            f"stopped: it tried to open {reached}; a rung may read only its history",
            f"{file} tried to open {reached}",
            "a rung may read only its history",
            "put it into a table of the question, or learn it in fit",
        )
    if isinstance(error, Outgrown):
        return f"not run: needs all rows on one machine ({error.given})", *error.parts()
    if isinstance(error, Problem):
        return f"failed: {error.given}", f"{file}: {error.given}", error.allowed, error.remedy
    line = _line(error, path)
    where = f"line {line} of {file}" if line else file
    said = f"{_message(error)} ({where})"
    return f"failed: {said}", said, BUGS, f"mend {where}; -v shows the whole story"


def _missing(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        name = (error.name or "").split(".")[0]
        return f"`{installing(EXTRAS[name])}`" if name in EXTRAS else f"the library {name}"
    if (
        isinstance(error, OSError | ImportError)
        and "shared object" in str(error) + " shared object"
    ):
        found = SHARED.search(str(error))
        if found and re.search(r"cannot open shared|not loaded|image not found", str(error)):
            return _system_package(found[1])
    return ""


def _system_package(library: str) -> str:
    if "gomp" in library or "omp." in library:
        return f"the system library {library} (apt install libgomp1; brew install libomp)"
    return f"the system library {library}"


def _reached(error: BaseException | None) -> str:
    """What a rung reached for in vain, as Python, DuckDB or Arrow tell it; empty if it did not."""
    while error is not None:
        said = str(error)
        if isinstance(error, Forbidden):
            return str(error)
        if re.search(r"[Pp]ermission denied|Permission Error|Read-only file", said):
            named = re.search(r"""["']([^"']+)["']""", said)
            return named[1] if named else "something outside"
        error = error.__cause__ or error.__context__
    return ""


def _line(error: BaseException, path: Path) -> int | None:
    """Where in the rung's file: from the traceback, or from the line SQL complains of."""
    own = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        own.append(error.lineno)
    if own:
        return own[-1]
    quoted = re.search(r"^LINE \d+: (?:\.\.\.)?(.*?)(?:\.\.\.)?$", str(error), re.M)
    if quoted and quoted[1].strip() and path.is_file():
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if quoted[1].strip() in text:
                return number
    return None


def _message(error: BaseException) -> str:
    first = next(iter(str(error).strip().splitlines()), "")
    if type(error).__module__.split(".")[0] in ("duckdb", "_duckdb"):
        return first
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, SyntaxError):
        first = error.msg
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
