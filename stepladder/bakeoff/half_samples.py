"""How much a rung's loss would change with others to learn from: it is learnt from halves of the units."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.runs import Progress, Ran, Setting, run_one, side_by_side
from stepladder.bakeoff.score import Scored, score
from stepladder.core import at_rest
from stepladder.core.cases import hashed
from stepladder.core.history import Tables, literal

PAIRS = 4  # ways to cut the units in two: a bit each of the last digit of their hash


def condition(unit: tuple[str, ...], pair: int, side: int) -> str:
    """The condition on a row to be of one half: by its unit alone, so it is the same at every cutoff."""
    digits = [digit for digit in "0123456789abcdef" if (int(digit, 16) >> pair) & 1 == side]
    return f"right({hashed(unit)}, 1) in ({', '.join(map(literal, digits))})"


def halved(tables: Tables, unit: tuple[str, ...], pair: int, side: int) -> dict[str, str]:
    """A half of what was known: the condition on the rows of each table that names the units.

    Empty where none does: there is nothing to cut in two.
    """
    held = condition(unit, pair, side)
    return {
        name: held
        for name, (path, _) in tables.items()
        if set(unit) <= set(at_rest.kinds(Path(path)).names)
    }


class Apart(NamedTuple):
    """How far a rung's losses, learnt from one half and from the other, are apart, and their mean.

    A rung that learns nothing apart from what it is asked is the same from both, and has no mean.
    """

    distance: float
    mean: float | None

    @staticmethod
    def of(one: float | None, other: float | None) -> Apart | None:
        """From both losses; None where one is not known."""
        if one is None or other is None:
            return None
        return Apart(one - other, (one + other) / 2)


@dataclass(frozen=True)
class Halves:
    """The rungs of a bake-off, to be learnt anew from halves of the units and asked about all cases."""

    setting: Setting
    replays: list[Replay]
    ran: list[Ran]
    reference: list[pa.Table]  # its answers at every cutoff
    progress: Progress

    def apart(self, names: Sequence[str], pair: int) -> dict[str, Apart | None]:
        """What each rung loses learnt from one half and from the other; None where it could not be."""
        found: dict[str, Apart | None] = dict.fromkeys(names, Apart(0.0, None))
        learnt = [ran for ran in self.ran if ran.rung.name in names and ran.rung.learns]
        choosing = self._choosing if learnt else []
        said = [self._answers(learnt, replay, pair, i) for i, replay in enumerate(choosing)]
        for ran in learnt:
            both = [self._loss(ran, [at[ran.rung.name, side] for at in said]) for side in (0, 1)]
            found[ran.rung.name] = Apart.of(*both)
        return found

    @property
    def _choosing(self) -> list[Replay]:
        return [replay for replay in self.replays if replay.holdout.role == "choose"]

    def _answers(
        self, learnt: list[Ran], replay: Replay, pair: int, nth: int
    ) -> dict[tuple[str, int], pa.Table | None]:
        """What each rung answers at a cutoff, learnt from either half."""
        part, stop = "halves", Event()
        which = [(ran, side) for ran in learnt for side in (0, 1)]
        what = f"fitting on halves ({pair + 1} of at most {PAIRS} pairs) at {replay.name}"
        cutoffs = len(self._choosing)
        self.progress(what, pair * cutoffs + nth, PAIRS * cutoffs)
        try:
            unit = self.setting.question.UNIT
            half = [halved(replay.files.tables, unit, pair, side) for side in (0, 1)]
            if not all(half):
                return dict.fromkeys(((ran.rung.name, side) for ran, side in which), None)
            tasks = [
                partial(run_one, self.setting, ran.rung, replay, stop,
                        learn_from=half[side], part=f"{part}/{side}")
                for ran, side in which
            ]  # fmt: skip
            measured = side_by_side(self.setting, tasks, stop)
            return {
                (ran.rung.name, side): pq.read_table(one.predictions) if one.predictions else None
                for (ran, side), one in zip(which, measured, strict=True)
            }
        finally:
            shutil.rmtree(self.setting.answers / part, ignore_errors=True)

    def _loss(self, ran: Ran, said: list[pa.Table | None]) -> float | None:
        """The mean loss over the cutoffs that choose; what earlier cutoffs teach is as in the bake-off."""
        if any(table is None for table in said):
            return None
        answers = iter(said)
        raw = [
            next(answers) if replay.holdout.role == "choose" else
            own if replay.holdout.role == "calibrate" else None
            for replay, own in zip(self.replays, ran.raw(), strict=True)
        ]  # fmt: skip
        question = self.setting.question
        scored, _ = score(question, self.replays, raw, self.reference, ran.rung.ours)
        return mean_loss(
            [
                found
                for found, replay in zip(scored, self.replays, strict=True)
                if found and replay.holdout.role == "choose"
            ]
        )


def mean_loss(scored: list[Scored]) -> float:
    """The mean loss over cutoffs, each row by its weight, as rungs are compared."""
    loss, weight = (
        [found.loss[column].to_numpy().astype(float) for found in scored]
        for column in ("loss", "weight")
    )
    total = sum(float(one @ w) for one, w in zip(loss, weight, strict=True))
    return total / sum(float(w.sum()) for w in weight)
