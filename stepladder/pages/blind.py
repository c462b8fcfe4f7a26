"""Two rungs side by side without their names: which answer is better, and how sure that is by now."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stepladder.bakeoff.blind import ALIKE, MOST, SAME, WON
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.pages.known_rows import known_rows, titles
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.project import side_by_side
from stepladder.project.how_to_answer import asked_for
from stepladder.project.side_by_side import LISTED, Prepared, Row, Shown, Trial
from stepladder.record.rows import key_of
from stepladder.report.words import day, label, number
from stepladder.service.refused import Refused


@page("/q/{name}/blind", role="review")
def blind(visit: Visit) -> Response:
    """The next case with both answers, and how it stands."""
    project = visit.project
    if project.record.latest_bakeoff(project.ask.question) is None:
        words = project.words
        return visit.page("blind", words=words, trial=None)
    trial = _trial(visit, visit.query)
    shown, pair = trial.next, trial.pair
    left = pair.left(shown.case) if shown else ""
    sides = [left, pair.other if left == pair.one else pair.one]
    names = {row.rung: label(row.rung, row.title) for row in pair.result.rungs}
    return visit.page(
        "blind",
        words=project.words,
        trial=trial,
        shown=shown,
        key=key_of(shown.case) if shown else "",
        answers=[_answer(project.question, trial, shown, side) for side in sides] if shown else [],
        known=known_rows(project.question, trial.prepared.holdout.past, shown.case)
        if shown
        else [],
        asked="" if project.question.INTERVALS is None else asked_for(project),
        as_of=str(trial.prepared.holdout.past.now),
        lead=lead(trial, names),
        names=names,
        rungs=side_by_side.ran(pair.result),
        undoable=trial.judgements[-1].id if trial.judgements and not trial.ended else 0,
        most=MOST,
    )


@form("/q/{name}/blind", role="review")
def judged(visit: Visit) -> Response:
    """A choice, one step back, or the end."""
    if visit.project.record.latest_bakeoff(visit.project.ask.question) is None:
        raise _stale()
    trial, by, act = _trial(visit, visit.sent), visit.who.name, visit.sent.get("act", "")
    there = visit.to(visit.at("blind", one=trial.pair.one, other=trial.pair.other))
    if act == "undo":
        if trial.judgements and str(trial.judgements[-1].id) == visit.sent.get("last"):
            trial.take_back(trial.judgements[-1], by)
    elif act == "end":
        trial.end(by)
    elif act in ("left", "right", "tie"):
        case = _case(trial, visit.sent.get("case", ""))
        if case is not None:
            trial.judge(case, act, by, visit.request)
    else:
        raise _stale()
    return there


def lead(trial: Trial, names: dict[str, str]) -> str:
    """How it stands: the range first, then the count; names only once it is over."""
    stands, pair = trial.standing, trial.pair
    low, high = round(100 * stands.low), round(100 * stands.high)
    one, other = ("“" + names[pair.one] + "”", "“" + names[pair.other] + "”")
    if not trial.over:
        if not stands.judged:
            return "Nobody has judged yet."
        least = min(low, 100 - high)
        said = f"Of 100 such cases one of the two is chosen in {least} to {100 - least}"
        return f"{said}; {stands.judged:,} were judged so far."
    if 2 * stands.won < stands.judged:
        one, other, low, high = other, one, 100 - high, 100 - low
    won = max(stands.won, stands.judged - stands.won)
    said = f"Of 100 such cases {one} is chosen over {other} in {low} to {high}"
    return f"{said}; it was in {won:,} of {stands.judged:,}. {_end(stands.why)}"


def _end(why: str) -> str:
    if why == WON:
        return "It is surely chosen more often than not."
    if why == SAME:
        return f"They are alike: between {100 * ALIKE[0]:.0f} and {100 * ALIKE[1]:.0f} of 100."
    return "Which of the two is chosen more often is not sure."


def _trial(visit: Visit, said: Any) -> Trial:
    project = visit.project
    pair = side_by_side.pair(project.result(), said.get("one", ""), said.get("other", ""))

    def read() -> Prepared:
        return side_by_side.prepared(project, pair)

    key = ("side by side", visit.name, project.fingerprint, pair.trial)
    return side_by_side.trial(project, visit.standing.once(key, read))


def _case(trial: Trial, said: str) -> Row | None:
    """The case that was shown; None where it was judged meanwhile. Raises Refused on any other."""
    if trial.next and key_of(trial.next.case) == said:
        return trial.next.case
    if any(one.about == said for one in trial.judgements):
        return None
    raise _stale()


def _answer(question: Question, trial: Trial, shown: Shown, rung: str) -> list[str]:
    """What a rung answered, a line for each row."""
    rows = [row for row in shown.answers[rung] if row["prediction"] is not None][:LISTED]
    further = [key for key in question.KEYS if key not in question.CASE]
    if not further:
        return [number(row["prediction"]) for row in rows] or ["no answer"]
    keys = [{key: row[key] for key in question.KEYS} for row in rows]
    if rows and hasattr(rows[0][further[0]], "year"):
        return [f"{day(row[further[0]])}: {number(row['prediction'])}" for row in rows]
    called = titles(question, trial.prepared.holdout.past, keys)
    if question.INTERVALS is not None:  # the number says something, and not only the order
        called = [
            f"{name}: {number(r['prediction'])}" for name, r in zip(called, rows, strict=True)
        ]
    return called or ["an empty list"]


def _stale() -> Problem:
    return Refused(
        409, "a judgement of another case", "cases are drawn at random, and judged one by one",
        "open the page again: it shows the next case",
    )  # fmt: skip
