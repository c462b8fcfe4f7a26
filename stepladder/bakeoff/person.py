"""A person behind the curtain is compared with the rungs on the cases drawn at random for them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.bakeoff.compare import Comparison
from stepladder.bakeoff.replay import BLIND, Replay
from stepladder.bakeoff.runs import Ran
from stepladder.bakeoff.score import Scored, score
from stepladder.core.cases import named
from stepladder.core.history import ANSWERS
from stepladder.core.predictions import places
from stepladder.core.question import Question
from stepladder.money import of_some

Drawn = dict[str, pa.Table]  # replay -> the cases that were drawn for a person there, and answered


def is_person(name: str) -> bool:
    """Whether a rung is a person, by its height."""
    return name.startswith("r0_")


def drawn(question: Question, replays: list[Replay]) -> Drawn:
    """At each replay the cases that were answered blind there, as they were drawn at random."""
    case = named(question)
    told = f"select {case} {BLIND}"
    query = f"select distinct {case} from cases semi join ({told}) as told using ({case}) order by {case}"
    asked = [replay for replay in replays if ANSWERS in replay.known.tables]
    return {replay.name: replay.known.sql(query, replay.cases) for replay in asked}


def heard(ran: Ran, found: Drawn, replays: list[Replay]) -> Ran:
    """A person's run, which says why where they cannot be compared: somebody is drawn at every cutoff."""
    if ran.status != "ok" or not is_person(ran.rung.name):
        return ran
    scored = [replay for replay in replays if replay.holdout.role != "calibrate"]
    missing = [replay.name for replay in scored if not found.get(replay.name)]
    if not missing:
        return ran
    why = f"not compared: no cases drawn at random were answered blind at {' and '.join(missing)}"
    return replace(ran, status=why)


def theirs(question: Question, replays: list[Replay], found: Drawn) -> list[Replay]:
    """The replays as a person was asked: about the cases drawn for them; about nobody where none were."""
    nobody = {replay.name: replay.cases.slice(0, 0) for replay in replays}
    return [_asked(question, replay, {**nobody, **found}[replay.name]) for replay in replays]


def scored(
    question: Question, replays: list[Replay], ran: Ran, reference: list[pa.Table], found: Drawn
) -> tuple[list[Scored | None], dict[str, float] | None]:
    """A person's answers, scored where they were asked: nothing is said of anybody in their place."""
    asked = theirs(question, replays, found)

    def where(tables: Sequence[pa.Table | None]) -> list[pa.Table | None]:
        return [
            only(table, replay.cases, question.CASE) if table and replay.cases.num_rows else None
            for table, replay in zip(tables, asked, strict=True)
        ]

    usual = [each or table for each, table in zip(where(reference), reference, strict=True)]
    return score(question, asked, where(ran.raw()), usual, ran.rung.ours)


def _asked(question: Question, replay: Replay, cases: pa.Table) -> Replay:
    ask = of_some(replay.known.ask, cases.num_rows, replay.cases.num_rows)
    return replace(
        replay,
        known=replace(replay.known, ask=ask),
        cases=cases,
        everybody=cases.num_rows,
        came=only(replay.came, cases, question.CASE),
        sums=None,
        scale=replay.scale and only(replay.scale, cases, question.CASE),
    )


def only(rows: pa.Table, cases: pa.Table, case: tuple[str, ...]) -> pa.Table:
    """The rows that are about some cases."""
    return rows.filter(pc.is_valid(places(rows, cases, case)))


def merged(whole: Comparison, few: Comparison, name: str) -> Comparison:
    """The comparison of all, with a person's figures as they are on the few cases drawn for them."""
    return replace(
        whole,
        choose={**whole.choose, name: few.choose[name]},
        report={**whole.report, name: few.report[name]},
        by_cutoff=tuple(
            {**all_, name: some[name]}
            for all_, some in zip(whole.by_cutoff, few.by_cutoff, strict=True)
        ),
        above_best={**whole.above_best, name: few.above_best[name]},
        variance={**whole.variance, name: few.variance[name]},
    )
