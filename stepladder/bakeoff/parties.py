"""Who is compared with whom: all rungs on all cases, a person beside them on the cases drawn for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.bakeoff import person
from stepladder.bakeoff.compare import Comparison, Losses, compare, unit_of
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.score import Scored
from stepladder.core.question import Question
from stepladder.core.same_units import beside_first
from stepladder.money import of_some

Answers = Mapping[str, list[Scored | None]]  # of every rung, at each replay


@dataclass(frozen=True)
class Party:
    """Rungs with answers about the same cases, by replay, and those of them that these cases are for."""

    scored: Answers
    names: tuple[str, ...]


def without_persons(scored: Answers) -> dict[str, list[Scored | None]]:
    """The answers of rungs that were asked about everybody."""
    return {name: found for name, found in scored.items() if not person.is_person(name)}


def parties(
    question: Question, replays: list[Replay], scored: Answers, few: person.Drawn
) -> list[Party]:
    """All rungs on all cases; then each person, with the rungs beside them on the cases drawn for them."""
    everyone = without_persons(scored)
    found = [Party(everyone, tuple(everyone))]
    for name in scored.keys() - everyone.keys():
        some = {
            rung: [
                _on(question, replay, one, few.get(replay.name))
                for replay, one in zip(replays, answers, strict=True)
            ]
            for rung, answers in {**everyone, name: scored[name]}.items()
        }
        found.append(Party(some, (name,)))
    return found


def compared(
    question: Question, replays: list[Replay], found: list[Party], reference: str, seed: int
) -> Comparison:
    """The comparison of all, with each person's figures as they are on their own cases."""
    whole, *persons = [
        compare(losses_of(question, replays, party.scored), reference, seed) for party in found
    ]
    for party, own in zip(found[1:], persons, strict=True):
        whole = person.merged(whole, own, *party.names)
    times = min(replay.times for replay in replays if replay.holdout.role == "choose")
    return replace(whole, others=round(whole.units * (times - 1)))


def _on(
    question: Question, replay: Replay, found: Scored | None, cases: pa.Table | None
) -> Scored | None:
    """The same answers, scored on some of the cases only."""
    if found is None or not cases:
        return None
    said = person.only(found.predictions, cases, question.CASE)
    ask = of_some(replay.known.ask, cases.num_rows, replay.cases.num_rows)
    loss = question.loss(said, replace(replay.known, ask=ask), replay.holdout.later, cases)
    return replace(found, predictions=said, loss=loss)


def losses_of(question: Question, replays: list[Replay], scored: Answers) -> Losses:
    """Every rung's losses, joined by key. Raises Problem where they are not of the same cases."""
    asked = [i for i, replay in enumerate(replays) if replay.holdout.role != "calibrate"]
    names = tuple(scored)
    units = [scored[names[0]][i].loss for i in asked]  # type: ignore[union-attr]

    def weighed(i: int, first: pa.Table) -> np.ndarray[Any, Any]:
        there = [(name, found.loss) for name in names if (found := scored[name][i])]
        each = [beside_first(loss, first, question.UNIT, name) for name, loss in there]
        return np.column_stack([_floats(one["loss"]) * _floats(one["weight"]) for one in each])

    return Losses(
        rungs=names,
        cutoffs=tuple(replays[i].name for i in asked),
        roles=tuple(replays[i].holdout.role for i in asked),
        units=tuple(unit_of(table, question.UNIT) for table in units),
        weights=tuple(_floats(table["weight"]) for table in units),
        losses=tuple(weighed(i, first) for i, first in zip(asked, units, strict=True)),
    )


def _floats(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return column.to_numpy().astype(float)
