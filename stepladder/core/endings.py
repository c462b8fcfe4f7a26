"""How the name of a file to write must end: what is inside should be what the name says."""

from __future__ import annotations

from pathlib import Path

from stepladder.core.errors import Problem

PAGE = (".html", ".htm")


def page(to: str | Path) -> Path:
    """The file of a page. Raises Problem on a name that promises another kind, such as .pdf."""
    path = Path(to)
    if path.suffix.lower() not in PAGE:
        raise Problem(
            f"the page to write is called {path.name}",
            "a page is one HTML file, which any browser shows, and prints as PDF",
            f"end its name in .html, e.g. {path.with_suffix('.html').name or 'page.html'}",
        )
    return path
