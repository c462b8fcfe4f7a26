"""Two rungs' answers about the same cases of the last replay, judged blind: which cases, and how it stands.

A trial is of one bake-off and one pair of rungs. Cases come in a frozen random order, sides by hash; each
case's first judgement counts, whoever gave it. Answers that look the same are no judgement, and are counted
apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.blind import Standing, standing
from stepladder.bakeoff.person import is_person
from stepladder.bakeoff.result import Result
from stepladder.core.errors import Problem
from stepladder.core.question import Holdout, Question
from stepladder.project.blind_trial import in_frozen_order
from stepladder.project.folder import Project
from stepladder.record.rows import Event, key_of
from stepladder.record.said import events, say
from stepladder.report.words import number

JUDGED, TAKEN_BACK, ENDED = "blind", "blind taken back", "blind ended"
CASES = 5_000  # of which some are judged
LISTED = 10  # rows of an answer that are shown
Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two rungs of a bake-off, by their names, in the order of the names."""

    result: Result
    one: str
    other: str

    @property
    def trial(self) -> str:
        """What it is called in the record."""
        return f"bake-off {self.result.id}: {self.one} beside {self.other}"

    def left(self, case: Row) -> str:
        """Whose answer stands on the left, by the hash of the trial and the case."""
        lot = hashlib.sha256(f"{self.trial}\0{key_of(case)}".encode()).digest()[0]
        return self.one if lot < 128 else self.other


@dataclass(frozen=True)
class Shown:
    """A case and what each of the two answered, ready to be read: by rung, a line for each row."""

    case: Row
    answers: dict[str, list[Row]]


@dataclass(frozen=True)
class Prepared:
    """What a trial is made of, read once: the cases in order, and how many looked the same."""

    pair: Pair
    holdout: Holdout
    cases: Sequence[Shown]
    same: int


@dataclass(frozen=True)
class Trial:
    """How a trial stands. won: by the first of the two rungs."""

    project: Project
    prepared: Prepared
    judgements: Sequence[Event]  # the first of each case, the oldest first
    ended: bool  # somebody asked for the names

    @property
    def pair(self) -> Pair:
        """Which two are compared."""
        return self.prepared.pair

    @cached_property
    def ties(self) -> int:
        """How many cases somebody found no better on either side."""
        return sum(_won(one) == "" for one in self.judgements)

    @cached_property
    def standing(self) -> Standing:
        """What may be said of which is chosen more often."""
        won = sum(_won(one) == self.pair.one for one in self.judgements)
        return standing(len(self.judgements) - self.ties, won)

    @property
    def next(self) -> Shown | None:
        """The next case that nobody has judged; None where the trial is over."""
        if self.over:
            return None
        judged = {one.about for one in self.judgements}
        there = (each for each in self.prepared.cases if key_of(each.case) not in judged)
        return next(there, None)

    @property
    def over(self) -> bool:
        """Whether nothing is judged any more: then the names may be told."""
        judged = len(self.judgements) >= len(self.prepared.cases)
        return self.ended or bool(self.standing.why) or judged

    def judge(self, case: Row, side: str, by: str, request: str) -> None:
        """Note which side somebody chose: "left", "right" or "tie"."""
        left = self.pair.left(case)
        right = self.pair.other if left == self.pair.one else self.pair.one
        won = {"left": left, "right": right, "tie": ""}[side]
        body = {"trial": self.pair.trial, "as_of": str(self.prepared.holdout.past.now), "won": won}
        self._say(JUDGED, {**body, "side": side}, by, case, request)

    def take_back(self, event: Event, by: str) -> None:
        """Undo a judgement: the case comes again."""
        self._say(TAKEN_BACK, {"trial": self.pair.trial, "event": event.id}, by)

    def end(self, by: str) -> None:
        """Tell the names, which ends it."""
        self._say(ENDED, {"trial": self.pair.trial}, by)

    def _say(
        self, kind: str, body: Row, by: str, about: Row | None = None, request: str = ""
    ) -> None:
        record, question = self.project.record, self.project.ask.question
        say(record, question, kind, body, by=by, about=about, request=request)


def ran(result: Result) -> list[str]:
    """The rungs of a bake-off that can be compared on all cases."""
    return [r.rung for r in result.rungs if r.status == "ok" and not is_person(r.rung)]


def pair(result: Result, one: str = "", other: str = "") -> Pair:
    """Two rungs, by default the proposed one and the best, or the reference. Raises Problem."""
    there, proposal = ran(result), result.proposal
    usual = list(dict.fromkeys([proposal.shown, proposal.best, result.reference, *reversed(there)]))
    usual = [name for name in usual if name in there]
    first = one or next((name for name in usual if name != other), "")
    second = other or next((name for name in usual if name != first), "")
    if first == second or not {first, second} <= set(there):
        raise Problem(
            f"{first or 'nothing'} beside {second or 'nothing'}",
            f"two different rungs that ran in bake-off {result.id}: {', '.join(there)}",
            "choose two of these",
        )
    return Pair(result, *sorted((first, second)))


def prepared(project: Project, found: Pair) -> Prepared:
    """Read what both answered in the last replay, and draw the order. Raises Problem where it is gone."""
    last = found.result.windows[-1]
    holdout = next(
        (h for h in project.question.holdouts(project.history()) if h.name == last.called), None
    )
    home = project.folder / "bakeoffs" / str(found.result.id)
    paths = {name: home / name / f"{last.called}.parquet" for name in (found.one, found.other)}
    if holdout is None or not all(path.is_file() for path in paths.values()):
        raise Problem(
            f"what rungs answered in bake-off {found.result.id} is gone, or its moments have moved",
            "two rungs are compared on the answers that the latest bake-off left",
            "run it again: stepladder bakeoff",
        )
    tables = {name: pq.read_table(path) for name, path in paths.items()}
    case = list(project.question.CASE)
    cases = in_frozen_order(holdout.past, case, found.trial, tables[found.one].select(case))[:CASES]
    rows = {name: _by_case(table, case, cases) for name, table in tables.items()}
    both = [Shown(one, {name: rows[name].get(key_of(one), []) for name in rows}) for one in cases]
    told = partial(_text, project.question)
    differ = [each for each in both if told(each, found.one) != told(each, found.other)]
    return Prepared(found, holdout, differ, len(both) - len(differ))


def trial(project: Project, prepared: Prepared) -> Trial:
    """The trial as it stands."""
    told = events(project.record, project.ask.question, JUDGED, TAKEN_BACK, ENDED)
    mine = [e for e in told if e.body and e.body.get("trial") == prepared.pair.trial]
    back = {e.body["event"] for e in mine if e.kind == TAKEN_BACK and e.body}
    first: dict[str, Event] = {}
    for event in mine:
        if event.kind == JUDGED and event.id not in back:
            first.setdefault(event.about, event)
    ended = any(event.kind == ENDED for event in mine)
    return Trial(project, prepared, list(first.values()), ended)


def _by_case(table: pa.Table, case: list[str], wanted: Sequence[Row]) -> dict[str, list[Row]]:
    keys = {key_of(one) for one in wanted}
    found: dict[str, list[Row]] = {}
    for row in table.drop_columns(
        [n for n in ("why", "because") if n in table.column_names]
    ).to_pylist():
        key = key_of({name: row[name] for name in case})
        if key in keys:
            found.setdefault(key, []).append(row)
    return found


def _text(question: Question, shown: Shown, rung: str) -> list[list[str]]:
    """An answer as it is read: what looks the same is the same. Of a list only the order counts."""
    further = [key for key in question.KEYS if key not in question.CASE]
    counts = not further or question.INTERVALS is not None
    return [
        [*(str(row[key]) for key in further), number(row["prediction"]) if counts else ""]
        for row in shown.answers[rung][:LISTED]
        if row["prediction"] is not None
    ]


def _won(event: Event) -> str:
    return str((event.body or {}).get("won", ""))
