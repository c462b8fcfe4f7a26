"""Write the page that the business reads."""

from __future__ import annotations

from pathlib import Path

from stepladder.project.folder import Project


def report(project: Project, *, to: str | Path | None = None, mask: bool = True) -> Path:
    """Write the latest bake-off as one HTML file that works offline; returns where."""
    raise NotImplementedError
