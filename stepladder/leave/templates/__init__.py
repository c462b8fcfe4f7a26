"""Files written for other systems to read, each beside this one with $words to fill in."""

from __future__ import annotations

from pathlib import Path
from string import Template


def filled(name: str, /, **words: object) -> str:
    """The text of NAME.template with every word filled in."""
    path = Path(__file__).with_name(f"{name}.template")
    return Template(path.read_text(encoding="utf-8")).substitute(words)
