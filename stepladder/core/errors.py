"""What went wrong, in words that let a person mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """Something a person can mend: what was given, what is allowed, and what to do about it."""

    def __init__(self, given: str, allowed: str, remedy: str) -> None:
        super().__init__(given, allowed, remedy)
        self.given, self.allowed, self.remedy = given, allowed, remedy
        self.table = ""  # of which table, where that is known

    def reword(self, given: str, allowed: str, remedy: str) -> None:
        """The same problem in the words of whoever tells it."""
        self.args = (given, allowed, remedy)
        self.given, self.allowed, self.remedy = given, allowed, remedy

    def parts(self) -> tuple[str, str, str]:
        """The three sentences: what was given, what is allowed, what to do."""
        return self.given, self.allowed, self.remedy

    def __str__(self) -> str:
        return "\n".join(self.parts())


class Passing(Problem):
    """A problem that may pass by itself, so that it is worth trying again: a lock, a network."""


class Unusable(Problem):
    """Something of ours must be mended: over HTTP one hears that it is so, and not where it lies."""


class Unfit(Problem):
    """The data were read and cannot carry the question; `read`: what was read of each table."""

    def __init__(self, problem: Problem, read: Mapping[str, Any]) -> None:
        super().__init__(*problem.parts())
        self.read = read


class Outgrown(Problem):
    """More rows were asked for than one machine is to hold: where a rung needs them, it is not run."""


class CannotStand(Exception):
    """A rung says in one sentence why it cannot answer here; the sentence becomes its row in the table."""
