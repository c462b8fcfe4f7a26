"""The one way to a terminal: texts of others are shown as they are, and steer nothing."""

from __future__ import annotations

from collections.abc import Iterable

import rich.console
from rich.segment import Segment

from stepladder.core.visible import visible


class Console(rich.console.Console):
    """A console that takes no text for markup, and writes out what would steer the terminal."""

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(
        self,
        renderable: rich.console.RenderableType,
        options: rich.console.ConsoleOptions | None = None,
    ) -> Iterable[Segment]:
        """What is printed, in pieces; Rich's own colours are added later, and control is its own."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(visible(piece.text), piece.style)
