"""Write the report: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from pathlib import Path

from stepladder.bakeoff.result import Result
from stepladder.core import files
from stepladder.core.view import View
from stepladder.report.from_result import from_result
from stepladder.report.from_view import drawn_of, from_view
from stepladder.report.rendered import rendered


def write(result: Result, view: View, path: str | Path) -> Path:
    """Write the page for a bake-off and return where it is; the same input gives the same bytes.

    The file appears whole or not at all.
    """
    target = Path(path)
    files.write(target, html(result, view))
    return target


def html(result: Result, view: View) -> str:
    """The page as text."""
    at_once = from_result(result, view.history.ask, rung=view.rung, mask=view.mask)
    contents = at_once | drawn_of(result, view.rung) | from_view(result, view)
    return rendered("stepladder.report", "page", contents)
