"""The blind trial: which cases of the past a person is asked about, in which order, and what they said.

Cases come in a frozen random order, by the hash of the trial's name and the case, the cutoffs by turns, and
each at one of them only: at a second one its rows would tell what came after the first.
About one of 20 comes a second time, later. The first answer counts in the bake-off, for it was given as all
the others were: at first sight. The second is an event of the record and no answer, so that nothing counts
twice; it only tells how often somebody agrees with themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from stepladder.core.cases import named
from stepladder.core.history import History, literal, quoted
from stepladder.core.question import Holdout, Question
from stepladder.project.folder import Project
from stepladder.record import Answer
from stepladder.record.rows import Event, key_of
from stepladder.record.said import events, say, withdraw

CASES = 4_000  # of all cutoffs together: a week of judging
AGAIN, AFTER, SPREAD = 0.05, 8, 17  # the share that comes twice, and how many cases later
SKIPPED, TWICE, UNDONE = "person skipped", "person asked again", "person undid"
Said = list[tuple[dict[str, Any], float | str]]


@dataclass(frozen=True)
class Place:
    """A case in the order in which they are asked about, at one cutoff, for the first or the second time."""

    case: dict[str, Any]
    holdout: Holdout
    again: bool = False

    @property
    def as_of(self) -> str:
        """The moment that is shown."""
        return str(self.holdout.past.now)

    @property
    def about(self) -> tuple[str, str]:
        """Which case it is, at which moment."""
        return self.as_of, key_of(self.case)

    @property
    def id(self) -> str:
        """What a form says of it."""
        return json.dumps([*self.about, self.again])


@dataclass(frozen=True)
class Done:
    """What was said of a case: an answer, a second one, or nothing, which is "no opinion".

    number: of the answer, or of the event.
    """

    about: tuple[str, str]
    said: Said
    again: bool
    number: int
    time: str

    @property
    def id(self) -> str:
        """What a form says of it."""
        return f"{'event' if self.again or not self.said else 'answer'} {self.number}"

    @property
    def case(self) -> dict[str, Any]:
        """Whom it is about."""
        found: dict[str, Any] = json.loads(self.about[1])
        return found


@dataclass(frozen=True)
class Trial:
    """One person's trial: the order of the cases, and what they said so far, the oldest first."""

    project: Project
    by: str
    order: Sequence[Place]
    done: Sequence[Done]

    @property
    def place(self) -> Place | None:
        """The next case; None where all were asked about. One that was skipped is not asked about again."""
        once = {one.about: one for one in self.done if not one.again}
        twice = {one.about for one in self.done if one.again}
        for place in self.order:
            if not place.again and place.about not in once:
                return place
            answered = place.about in once and once[place.about].said
            if place.again and answered and place.about not in twice:
                return place
        return None

    @property
    def counted(self) -> dict[str, int]:
        """How many cases have an answer at each moment."""
        found = dict.fromkeys((place.as_of for place in self.order), 0)
        for one in self.done:
            if one.said and not one.again:
                found[one.about[0]] = found.get(one.about[0], 0) + 1
        return found

    @property
    def agreed(self) -> tuple[int, int]:
        """Of how many cases that came twice the same was said, and how many came twice."""
        first = {one.about: one.said for one in self.done if not one.again}
        both = [one for one in self.done if one.again and one.said and first.get(one.about)]
        return sum(_same(one.said, first[one.about]) for one in both), len(both)

    def answer(self, place: Place, said: Said, seconds: float | None) -> None:
        """Note what they expect of a case."""
        record, question = self.project.record, self.project.ask.question
        if not place.again:
            record.answer(
                question,
                said,
                by=self.by,
                as_of=place.as_of,
                trial=_trial(self.by),
                seconds=seconds,
            )
            return
        body = {"as_of": place.as_of, "trial": _trial(self.by), "said": said, "seconds": seconds}
        say(record, question, TWICE, body, by=self.by, about=place.case)

    def skip(self, place: Place) -> None:
        """No opinion: nothing is answered."""
        body = {"as_of": place.as_of, "trial": _trial(self.by), "again": place.again}
        say(
            self.project.record,
            self.project.ask.question,
            SKIPPED,
            body,
            by=self.by,
            about=place.case,
        )

    def undo(self, one: Done) -> None:
        """Take back what was said of a case, which then comes again."""
        record, question = self.project.record, self.project.ask.question
        if one.id.startswith("answer"):
            withdraw(record, question, one.number, by=self.by)
        else:
            say(record, question, UNDONE, {"event": one.number}, by=self.by, about=one.case)

    def correct(self, one: Done, said: Said) -> None:
        """Say something else of a case that was answered: it replaces what was said."""
        holdout = next(p.holdout for p in self.order if p.about == one.about)
        self.undo(one)
        self.answer(Place(one.case, holdout, one.again), said, None)


def trial(project: Project, by: str, order: Sequence[Place]) -> Trial:
    """A person's trial as it stands."""
    return Trial(project, by, order, _done(project, by))


def order(project: Project, by: str) -> list[Place]:
    """The cases in the order in which this person is asked about them; the same whenever it is asked."""
    scored = [h for h in project.question.holdouts(project.history()) if h.role != "calibrate"]
    each = [
        _drawn(project.question, holdout, f"{_trial(by)} {holdout.name}", CASES // len(scored))
        for holdout in scored
    ]
    once: dict[str, Place] = {}
    for place in (place for turn in zip_longest(*each) for place in turn if place):
        once.setdefault(key_of(place.case), place)
    first = list(once.values())
    keyed = [(float(nth), place) for nth, place in enumerate(first)]
    for nth, place in enumerate(first):
        lot = int(_hash(_trial(by), "again", *place.about)[:8], 16)
        if lot < AGAIN * 16**8:
            keyed.append((nth + AFTER + lot % SPREAD + 0.5, Place(place.case, place.holdout, True)))
    return [place for _, place in sorted(keyed, key=lambda one: one[0])]


def _drawn(question: Question, holdout: Holdout, salt: str, most: int) -> list[Place]:
    past, case = holdout.past, named(question)
    who = f"select distinct {case} from ({question.cases(past.ask)}) as them"
    if holdout.cases is not None:
        who = f"select * from cases semi join ({who}) as known using ({case})"
    lot = _lot(question.CASE, salt)
    query = f"select {case} from ({who}) as them order by {lot}, {case} limit {most}"
    return [Place(row, holdout) for row in past.sql(query, holdout.cases).to_pylist()]


def in_frozen_order(
    history: History, case: Sequence[str], salt: str, cases: Any
) -> list[dict[str, Any]]:
    """Some cases in the order of their salted hashes, each once."""
    columns = ", ".join(map(quoted, case))
    query = f"select {columns} from (select distinct {columns} from cases) as them"
    return history.sql(f"{query} order by {_lot(case, salt)}, {columns}", cases).to_pylist()


def _lot(case: Sequence[str], salt: str) -> str:
    named = " || '|' || ".join(f"cast({quoted(name)} as varchar)" for name in case)
    return f"md5({literal(salt)} || '|' || {named})"


def _done(project: Project, by: str) -> list[Done]:
    question, name = project.question, project.ask.question
    acts: dict[int, list[Answer]] = {}
    for each in project.record.answers(name):
        if (each.by, each.trial) == (by, _trial(by)):
            acts.setdefault(each.act, []).append(each)
    found = [_answered(question, one) for one in acts.values()]
    told = [
        e for e in events(project.record, name, SKIPPED, TWICE, UNDONE) if e.by == by and e.body
    ]
    undone = {e.body["event"] for e in told if e.kind == UNDONE and e.body}
    found += [_noted(e, e.body) for e in told if e.kind != UNDONE and e.id not in undone and e.body]
    return sorted(found, key=lambda one: one.time)


def _answered(question: Question, act: Sequence[Answer]) -> Done:
    keys = [json.loads(each.key) for each in act]
    case = {name: keys[0][name] for name in question.CASE}
    told = [each.prediction if each.label is None else each.label for each in act]
    said = [(key, value) for key, value in zip(keys, told, strict=True) if value is not None]
    return Done((act[0].as_of, key_of(case)), said, False, act[0].act, act[0].said)


def _noted(event: Event, body: Mapping[str, Any]) -> Done:
    said = [(key, value) for key, value in body.get("said", ())]
    again = event.kind == TWICE or bool(body.get("again"))
    return Done((body["as_of"], event.about), said, again, event.id, event.time)


def _same(one: Said, other: Said) -> bool:
    return sorted(map(str, _plain(one))) == sorted(map(str, _plain(other)))


def _plain(said: Said) -> list[Any]:
    return [[key_of(key), float(v) if isinstance(v, int | float) else v] for key, v in said]


def _trial(by: str) -> str:
    """The trial's name, of which the order hangs: each person has cases of their own."""
    return f"blind: {by}"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
