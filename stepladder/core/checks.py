"""What people ask of answers, in plain choices: later bake-offs say for every rung whether it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from stepladder.core.errors import Problem
from stepladder.core.question import Question, case_word

Given = Mapping[str, Any]  # what was filled in beside the case: `item`, `number`
Rows = Sequence[Mapping[str, Any]]  # a rung's rows about the case


class Choice(NamedTuple):
    """One thing that may be asked of the answer about a case.

    words: the sentence, in which {case}, {item} and {number} stand for what it is about. needs: what must be
    filled in. kept: whether a rung's rows about the case keep to it; None where these say nothing of it.
    """

    key: str
    words: str
    kept: Callable[[Rows, Given], bool | None]
    needs: Literal["", "item", "number"] = ""

    def said(self, case: str, given: Given) -> str:
        """The sentence about a case: "customer 4 must not be called lost"."""
        told = {"case": case, **{name: str(value) for name, value in given.items()}}
        return self.words.format_map(told)


def choices(question: Question) -> tuple[Choice, ...]:
    """What may be asked: the question's own choices, and bounds that make sense of any number."""
    own: tuple[Choice, ...] = getattr(question, "CHECKS", ())
    return own if question.INTERVALS is None else (*own, *BOUNDS)


def choice(question: Question, key: str) -> Choice:
    """The choice of that key. Raises Problem naming those there are."""
    found = {one.key: one for one in choices(question)}
    if key not in found:
        raise Problem(
            f"there is no check {key[:80]!r}",
            f"what may be asked here: {', '.join(found) or 'nothing'}",
            "choose one of these",
        )
    return found[key]


def called(question: Question, case: Mapping[str, Any]) -> str:
    """A case as sentences name it: customer 4; shop A, parcel 7."""
    if len(question.CASE) == 1:
        return f"{case_word(question)} {case[question.CASE[0]]}"
    return ", ".join(f"{name} {case[name]}" for name in question.CASE)


def number(given: Given) -> float:
    """The number that was filled in."""
    return float(given["number"])


def _least(rows: Rows, given: Given) -> bool | None:
    said = [row["prediction"] for row in rows if row["prediction"] is not None]
    return min(said) >= number(given) if said else None


def _most(rows: Rows, given: Given) -> bool | None:
    said = [row["prediction"] for row in rows if row["prediction"] is not None]
    return max(said) <= number(given) if said else None


BOUNDS = (
    Choice("at_least", "the answer for {case} must be at least {number}", _least, "number"),
    Choice("at_most", "the answer for {case} must be at most {number}", _most, "number"),
)
