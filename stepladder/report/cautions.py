"""What to know before the figures are relied on: one list, each thing once, each with what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stepladder.bakeoff.result import Result
from stepladder.bakeoff.totals import BEGINS, Total, strayed
from stepladder.report import data_report
from stepladder.report.expected import MONEY, off
from stepladder.report.words import in_words, label, number

FEW = ("Only so many cases could be scored", "Only one case could be scored")  # so begins the note
ASIDE = re.compile(  # how figures came about: nothing that anybody has to do
    r"The reference, which|The interval of \w+ (also|does)|How \w+ would do|\w+ was inside the margin"
    r"|Judged on"
)
LOOK = (
    "Look at some of its answers before you rely on them."  # where a rung does not say what to do
)


@dataclass(frozen=True)
class Caution:
    """What is to be known, and what to do about it; loud: before anything else is read."""

    said: str
    do: str
    loud: bool = False


def cautions(result: Result, rung: str, also: str = "") -> list[Caution]:
    """Everything that speaks against relying on the figures, the loudest first.

    rung: the one shown, whose own warnings count here. also: one more, known only where the data are.
    """
    names = {one.rung: label(one.rung, one.title) for one in result.rungs}
    loud = [*data_report.loud(result.data), *few(result)]
    others = [note for note in result.notes if not note.startswith((*FEW, BEGINS))]
    said = [also, *_reconciled(result, rung), *(n for n in others if not ASIDE.match(n))]
    return [
        *(_caution(in_words(one, names), loud=True) for one in loud),
        *(_caution(in_words(one, names)) for one in dict.fromkeys(said) if one),
    ]


def asides(result: Result) -> list[str]:
    """How some figures came about."""
    names = {one.rung: label(one.rung, one.title) for one in result.rungs}
    return [in_words(note, names) for note in result.notes if ASIDE.match(note)]


def few(result: Result) -> list[str]:
    """The note, if there is one, that so few could be scored that nothing can be told apart."""
    return [note for note in result.notes if note.startswith(FEW)]


def _reconciled(result: Result, rung: str) -> list[str]:
    """The warnings of a rung; one that begins with what is added up stands beside how far that strayed."""
    mine = next(one for one in result.rungs if one.rung == rung)
    totals = {one.unit: one for one in result.totals.get(rung, ())}
    return [_beside(warning, totals) for warning in mine.warnings]


def _beside(warning: str, totals: dict[str, Total]) -> str:
    unit, colon, rest = warning.partition(": ")
    total = totals.get(unit.lower()) if colon else None
    if total is None or total.windows[-1].role != "report":
        return warning
    last = total.windows[-1]
    what = "The total in money" if total.unit == MONEY else f"The total of {total.unit}"
    return (
        f"{what} was {off(last)} last time ({number(round(last.forecast))} forecast, "
        f"{number(round(last.came))} came), and {strayed(total)}. Within the total: {rest}"
    )


def _caution(text: str, loud: bool = False) -> Caution:
    """The last sentence is what to do."""
    sentences = re.split(r"(?<=[.!?]) +(?=[A-Z“])", text.strip())
    if len(sentences) == 1:
        return Caution(sentences[0], LOOK, loud)
    return Caution(" ".join(sentences[:-1]), sentences[-1], loud)
