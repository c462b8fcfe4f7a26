"""Which rung is the reference: of those that a question names, the one that is hardest to beat.

A reference that is easily beaten would flatter every rung above it. So the one that loses least at the
cutoffs that choose is taken, before anything is held against it: one for all cases. It stays with the
bake-off's result, and what follows from that result keeps it, whatever later data say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from stepladder.bakeoff.choose import ALIKE
from stepladder.bakeoff.half_samples import mean_loss
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.runs import Ran
from stepladder.bakeoff.score import score
from stepladder.core.errors import Problem
from stepladder.core.question import Question, references


class Taken(NamedTuple):
    """The reference, its answers at every cutoff, and where there was a choice, why it is this one."""

    name: str
    answers: list[pa.Table]
    why: str


def taken(question: Question, replays: list[Replay], ran: Sequence[Ran]) -> Taken:
    """The rung that all must beat; of several that lose the same, the one that is named first.

    One that does not answer at every cutoff cannot be it. Raises Problem where none does.
    """
    of = {each.rung.name: each for each in ran}
    named = [of[name] for name in references(question)]
    stood = [each for each in named if _status(each) == "ok"]
    if not stood:
        raise _none_stands(named)
    found, why = _least(question, replays, stood) if len(stood) > 1 else (stood[0], [])
    why += [f"{one.rung.name} did not run: {_status(one)}" for one in named if one not in stood]
    said = f"The reference, which every rung must beat, is {found.rung.name}: {'; '.join(why)}."
    return Taken(found.rung.name, _answers(found), said if why else "")


def _status(ran: Ran) -> str:
    missing = any(each is None for each in ran.measured)
    return "no answer at a cutoff" if ran.status == "ok" and missing else ran.status


def _answers(ran: Ran) -> list[pa.Table]:
    return [table for table in ran.raw() if table is not None]


def _least(question: Question, replays: list[Replay], stood: list[Ran]) -> tuple[Ran, list[str]]:
    """The first of those that lost least, and what each of them lost, in words."""
    lost = [_loss(question, replays, each) for each in stood]
    at = next(i for i, loss in enumerate(lost) if loss <= min(lost) + ALIKE * abs(min(lost)))
    others = [loss for i, loss in enumerate(lost) if i != at]
    names = " and ".join(each.rung.name for each in stood)
    how = "less" if min(others) > lost[at] + ALIKE * abs(lost[at]) else "no more"
    against = " and ".join(f"{loss:,.3f}" for loss in others)
    said = (
        f"of {names} it lost {how} at the cutoffs that choose ({lost[at]:,.3f} against {against})"
    )
    return stood[at], [said]


def _loss(question: Question, replays: list[Replay], ran: Ran) -> float:
    """The mean loss at the cutoffs that choose, as if the rung were the reference."""
    raw = _answers(ran)
    scored, _ = score(question, replays, [*raw], raw, ran.rung.ours)
    chosen = [
        found
        for found, replay in zip(scored, replays, strict=True)
        if found and replay.holdout.role == "choose"
    ]
    loss = mean_loss(chosen) if any(found.loss.num_rows for found in chosen) else math.nan
    return math.inf if math.isnan(loss) else loss


def _none_stands(named: list[Ran]) -> Problem:
    each = " and ".join(f"{ran.rung.name} ({_status(ran)})" for ran in named)
    return Problem(
        f"the reference {named[0].rung.name}, which every rung must beat, did not run: "
        f"{_status(named[0])}"
        if len(named) == 1
        else f"none of those that may be the reference, which every rung must beat, ran: {each}",
        "the reference must answer at every cutoff",
        "mend that; where it says time box or memory, raise time_box or memory_mb in question.toml",
    )
