"""What is going on, a line at a time on standard error: for logs, pipes, and whoever reads them later."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from stepladder.core.visible import visible

SOON_S = 2.0  # what takes no longer needs no word
STILL_S = 60.0  # after so long without a word one may think that nothing happens


def watched() -> bool:
    """Whether somebody sits before standard error, and sees a bar move."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def progress_lines(
    soon: float = SOON_S, still: float = STILL_S
) -> Iterator[Callable[[str, int, int], None]]:
    """Yields a `progress` that writes lines, from the moment on when it takes longer than `soon`."""
    said = ProgressLines(still)
    over = threading.Event()
    clock = threading.Thread(target=said.keep_on, args=(soon, over), daemon=True)
    clock.start()
    try:
        yield said.tick
    finally:
        over.set()
        clock.join()


class ProgressLines:
    """Lines that wait until there is a need for them, and one where nothing was said for long.

    A line is what is done, which is told as a sentence, and what is begun without a count of steps.
    """

    def __init__(self, still: float) -> None:
        self.still, self.began, self.last = still, time.monotonic(), 0.0
        self.held: list[str] = []
        self.at, self.late = "", False
        self.lock = threading.Lock()

    def tick(self, what: str, done: int, total: int) -> None:
        """Something is begun, or done."""
        with self.lock:
            self.at = what
            if not total or what.endswith("."):
                self.held.append(
                    self._line(f"{what.rstrip('.')} ({done}/{total})" if total else what)
                )
            if self.late:
                self._say()

    def keep_on(self, soon: float, over: threading.Event) -> None:
        """Until it is over: say what was held back, then that it still goes on where nothing else is said."""
        wait = soon
        while not over.wait(wait):
            with self.lock:
                if self.late and time.monotonic() - self.last >= self.still:
                    self.held.append(self._line(f"still at it: {self.at}"))
                self.late, wait = True, self.still
                self._say()

    def _line(self, said: str) -> str:
        return f"{time.monotonic() - self.began:6.0f} s  {visible(said)}\n"

    def _say(self) -> None:
        if not self.held:
            return
        with contextlib.suppress(OSError, ValueError):  # a log that nobody takes stops no work
            if sys.stderr is not None:
                sys.stderr.write("".join(self.held))
                sys.stderr.flush()
        self.held, self.last = [], time.monotonic()
