"""A person behind the curtain is compared with the rungs on the cases drawn at random for them alone."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.bakeoff.compare import Comparison
from stepladder.bakeoff.replay import BLIND, Replay
from stepladder.bakeoff.runs import Ran
from stepladder.core.cases import named
from stepladder.core.history import ANSWERS
from stepladder.core.predictions import places
from stepladder.core.question import Question

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
