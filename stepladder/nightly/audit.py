"""A day's predictions looked at once more before anybody sees them, beside what is published already."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from stepladder.core import at_rest, rooms
from stepladder.core.ask import Nightly
from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.core.question import Question, case_word, many
from stepladder.nightly.production import Production
from stepladder.project.folder import Project

NEAR = 31  # days: with nothing published more lately there is nothing to compare with
SAME, ALIKE = 20, 0.9  # of so many cases hardly so large a share is answered alike
MEMORY = "1GB"  # beyond it DuckDB writes to disk
FEWER = 4  # times as few others as there were


def audit(production: Production, day: date, rest: Path) -> None:
    """Raise Problem where answers are empty, or fewer, the same or far from what is published already."""
    project = production.project
    compared(project.question, project.ask.nightly, rest, _last(project, day))


def compared(question: Question, limits: Nightly, rest: Path, last: Path | None) -> None:
    """Raise Problem where a day's answers are not fit to be seen after those that were published last.

    Both lie at rest, and are counted there.
    """
    word = many(case_word(question))
    counts = _counts(question, rest)
    if counts[0] and not counts[1]:
        raise _suspicious(f"not one of {counts[0]:,} {word} has an answer", limits)
    if last is None:
        return
    what = (word, f"{word} with an answer", "answers")
    for now, was, said in zip(counts, _counts(question, last), what, strict=True):
        if now < (1 - limits.shrink) * was:
            raise _suspicious(f"{now:,} {said}, where there were {was:,}", limits)
    if question.INTERVALS is not None:
        _refuse_jump(last, rest, limits)
    share, before = _alike(question, rest), _alike(question, last)
    if counts[0] >= SAME and share > ALIKE and 1 - share < (1 - before) / FEWER:
        given = f"one and the same answer for {share:.0%} of the {word}"
        raise _suspicious(f"{given}, where it was for {before:.0%} at most", limits)


def _counts(question: Question, rest: Path) -> tuple[int, int, int]:
    """The cases, those that have an answer, and their answers: a list may have nothing on it, or little."""
    there = " and ".join(f"{quoted(name)} is not null" for name in _said(question))
    case = ", ".join(map(quoted, question.CASE))
    return tuple(
        _one(f"select count(*), count(*) filter (filled > 0), coalesce(sum(filled), 0)::bigint from ("
             f"select count(*) filter ({there}) as filled from {at_rest.said(rest)} group by {case})")
    )  # fmt: skip


def _said(question: Question) -> list[str]:
    """The columns in which an answer is: of a list what is on it, and else the forecast."""
    return [name for name in question.KEYS if name not in question.CASE] or ["prediction"]


def _alike(question: Question, rest: Path) -> float:
    """Which share of the cases has the commonest answer of all, a list in whatever order."""
    said = dict.fromkeys([*_said(question), *(["prediction"] if question.INTERVALS else [])])
    case, answer = (", ".join(map(quoted, names)) for names in (question.CASE, said))
    (share,) = _one(
        f"""select max(n) / sum(n) from (select count(*) as n from (
        select bit_xor(hash({answer})) as said from {at_rest.said(rest)} group by {case}) group by said)"""
    )
    return float(share or 0)


def _one(query: str) -> tuple[Any, ...]:
    """The one row that a query answers with."""
    import duckdb

    with duckdb.connect(config={"threads": 2, "temp_directory": str(rooms.spill())}) as con:
        con.execute(f"set memory_limit = '{MEMORY}'")
        return tuple(con.execute(query).fetchall()[0])


def _refuse_jump(last: Path, rest: Path, limits: Nightly) -> None:
    mean = "select coalesce(avg(prediction), 0) from {}"
    (said,), (was,) = (_one(mean.format(at_rest.said(each))) for each in (rest, last))
    if was > 0 and not 1 / limits.jump <= said / was <= limits.jump:
        raise _suspicious(f"{said:.3g} forecast on average, where it was {was:.3g}", limits)


def _last(project: Project, day: date) -> Path | None:
    """What was published last of this day, or of one not long before."""
    found = [
        s
        for s in project.record.predictions(project.ask.question)
        if s.published and s.as_of <= day.isoformat()
    ]
    for stored in sorted(found, key=lambda s: (s.as_of, s.id), reverse=True):
        if (day - date.fromisoformat(stored.as_of)).days > NEAR:
            return None
        if (path := Path(project.folder, stored.path)).exists():
            return path
    return None


def _suspicious(what: str, limits: Nightly) -> Problem:
    return Problem(
        f"the predictions were held back: {what}",
        f"overnight, at most {limits.shrink:.0%} of the cases may go and the average forecast change by "
        f"a factor of {limits.jump:g} (shrink and jump in question.toml [nightly]); no answers are all "
        "empty, or suddenly all the same",
        "look at the data (stepladder watch); if it is right, publish it all the same: "
        "stepladder run --accept REASON",
    )
