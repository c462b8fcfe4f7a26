"""Values of series as people write them: whole where they are large, no more digits than are read."""

from __future__ import annotations


def figure(value: float | None) -> str:
    """148,200 or 8.25 or 0.031; a dash where nothing is known."""
    if value is None or value != value:
        return "–"
    if abs(value) >= 1e12:
        return f"{value:.3g}"
    said = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
    return said.replace("-", "−")
