"""A bake-off of a simulated world in this process: the real functions, at the cutoffs that choose alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from choosing_truth import Model
from choosing_worlds import Drawn, purchases

from stepladder.bakeoff.choose import Candidate, Proposal, propose
from stepladder.bakeoff.compare import Comparison, Losses, compare
from stepladder.bakeoff.half_samples import Apart, halved, mean_loss
from stepladder.bakeoff.replay import Replay, prepare
from stepladder.bakeoff.score import score
from stepladder.bakeoff.settle import settled
from stepladder.core.ask import Ask
from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.question import Holdout
from stepladder.core.rung import Rung, ladder
from stepladder.questions import folder, retention

Models = dict[tuple[str, str], Model]  # (rung, cutoff) → as fitted


def ask_of(drawn: Drawn) -> Ask:
    """The business's question: a sixth of the span ahead, the default margin."""
    ask = Ask(question="retention", horizon=1)
    return ask.model_copy(update={"horizon": retention.horizon(drawn.world.weeks * 7, ask)})


def cutoffs_of(drawn: Drawn, ask: Ask) -> list[date]:
    """The two cutoffs that choose; the third, one horizon before the end, reports."""
    return [drawn.world.end - timedelta(days=i * ask.horizon) for i in (3, 2)]


@dataclass(frozen=True)
class Found:
    """A bake-off's choice, the models behind it, and why some rungs did not stand.

    narrow: what would be proposed if no interval were widened by fits on halves; apart: by rung and pair,
    how far the losses learnt from either half were apart, and their mean.
    """

    comparison: Comparison
    proposal: Proposal
    narrow: str
    apart: dict[tuple[str, int], Apart | None]
    errors: dict[str, float]  # standard error of how far beyond the margin, per rung
    models: Models
    not_run: dict[str, str]


def bakeoff(drawn: Drawn, customers: int, seed: list[int], here: Path) -> Found:
    """The bake-off's choice among the built-in rungs, on so many customers of the world."""
    ask, history = ask_of(drawn), known(drawn, customers, seed, here)
    replays = prepare(choosing_only(), history, here)
    assert [replay.now for replay in replays] == list(map(str, cutoffs_of(drawn, ask)))
    models, raw, not_run = Models(), dict[str, list[pa.Table]](), dict[str, str]()
    for rung in ladder(folder("retention")):
        try:
            raw[rung.name] = [answer(rung, replay, ask, models) for replay in replays]
        except CannotStand as why:
            not_run[rung.name] = str(why)
    reference = retention.REFERENCE
    question = choosing_only({replay.now: replay.actual for replay in replays})
    scored = {name: score(question, replays, raw[name], raw[reference], True)[0] for name in raw}
    losses = losses_of(replays, scored)
    comparison = compare(losses, reference, ask.seed)
    candidates = [Candidate(name, int(name[1]), upkeep(ask, name)) for name in scored]
    choose = partial(propose, candidates=candidates, reference=reference, margin=ask.tolerance)
    errors = standard_errors(losses, comparison.best, reference, ask.tolerance)
    halves = OnHalves(question, replays, raw[reference], here, {})
    found = settled(comparison, choose, halves.apart, "customers")
    narrow = choose(comparison).rung
    return Found(found.comparison, found.proposal, narrow, halves.found, errors, models, not_run)


@dataclass(frozen=True)
class OnHalves:
    """The rungs learnt from halves of the customers, as in the bake-off, in this process."""

    question: Any
    replays: list[Replay]
    reference: list[pa.Table]
    here: Path
    found: dict[tuple[str, int], Apart | None]

    def apart(self, names: Sequence[str], pair: int) -> dict[str, Apart | None]:
        """As half_samples.Halves.apart; what was found is kept."""
        for rung in ladder(folder("retention")):
            if rung.name in names:
                first, second = (self._loss(rung, pair, side) for side in (0, 1))
                same = Apart(0.0, None)
                self.found[rung.name, pair] = Apart.of(first, second) if rung.learns else same
        return {name: self.found[name, pair] for name in names}

    def _loss(self, rung: Rung, pair: int, side: int) -> float | None:
        ask, unit, models = self.replays[0].known.ask, retention.UNIT, Models()
        said = []
        for replay in self.replays:
            parts = self.here / f"{pair}-{side}-{replay.name}"
            parts.mkdir(exist_ok=True)
            tables = halved(replay.known, unit, pair, side, parts)
            learn_from = History(date.fromisoformat(replay.now), ask, tables)
            try:
                said.append(answer(rung, replay, ask, models, learn_from))
            except CannotStand:
                return None
        scored, _ = score(self.question, self.replays, said, self.reference, True)
        return mean_loss([one for one in scored if one])


def known(drawn: Drawn, customers: int, seed: list[int], here: Path) -> History:
    """A data set of the world, written below `here`."""
    here.mkdir()
    path = here / "purchases.parquet"
    pq.write_table(pa.concat_tables(purchases(drawn, customers, seed)), path)
    return History(drawn.world.end, ask_of(drawn), {"purchases": (str(path), "day")})


def choosing_only(actual: dict[str, Any] | None = None) -> Any:
    """The question with the cutoffs that choose alone, and a loss that need not ask again what came."""

    def holdouts(history: History) -> Iterator[Holdout]:
        yield from (one for one in retention.holdouts(history) if one.role == "choose")

    def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
        assert actual is not None
        cost = retention.deviance(actual[str(past.now)], predictions["prediction"].to_numpy())
        return pa.table({"customer": cases["customer"], "loss": cost, "weight": np.ones(len(cost))})

    return SimpleNamespace(**{**vars(retention), "holdouts": holdouts, "loss": loss})


def answer(
    rung: Rung, replay: Replay, ask: Ask, models: Models, learn_from: History | None = None
) -> pa.Table:
    """The rung fitted and asked at a cutoff, on files without the future; the model is kept."""
    history = History(date.fromisoformat(replay.now), ask, replay.files.tables)
    models[rung.name, replay.now] = model = rung.fit(learn_from or history)
    said = rung.predict(model, history, replay.cases).sort_by("customer")
    assert said["customer"].equals(replay.cases["customer"])
    column = said["prediction"].cast(pa.float64())
    nothing = pa.nulls(len(column), pa.float64())
    return pa.table(
        {"customer": said["customer"], "prediction": column, "low": nothing, "high": nothing}
    )


def losses_of(replays: list[Replay], scored: dict[str, Any]) -> Losses:
    """As the bake-off compares them; the exam chooses nothing, so the last cutoff stands in for it."""
    names, which = tuple(scored), [*range(len(replays)), len(replays) - 1]
    return Losses(
        rungs=names,
        cutoffs=tuple(replays[i].now for i in which),
        roles=(*("choose" for _ in replays), "report"),
        units=tuple(replays[i].cases["customer"].combine_chunks() for i in which),
        weights=tuple(np.ones(replays[i].cases.num_rows) for i in which),
        losses=tuple(
            np.column_stack([scored[name][i].loss["loss"].to_numpy() for name in names])
            for i in which
        ),
    )


def upkeep(ask: Ask, rung: str) -> float:
    """Money a year, without the machine's cents."""
    return ask.costs.upkeep(int(rung[1])) * ask.costs.hour_price


def standard_errors(losses: Losses, best: str, reference: str, margin: float) -> dict[str, float]:
    """Of each rung's loss − best − margin × (reference − best), by customer over the choosing cutoffs."""
    which = [i for i, role in enumerate(losses.roles) if role == "choose"]
    _, who = np.unique(np.concatenate([losses.units[i] for i in which]), return_inverse=True)
    columns = np.concatenate([losses.losses[i] for i in which])
    found = {}
    for r, name in enumerate(losses.rungs):
        allowed = (1 - margin) * columns[:, losses.rungs.index(best)]
        each = columns[:, r] - allowed - margin * columns[:, losses.rungs.index(reference)]
        mine = np.bincount(who, weights=each - each.mean())
        found[name] = float(np.sqrt(np.sum(mine**2)) / len(each))
    return found


def refit(drawn: Drawn, rungs: list[Rung], customers: int, seed: list[int], here: Path) -> Models:
    """The rungs fitted on another data set of the same world, at the cutoffs that choose."""
    history = known(drawn, customers, seed, here)
    return {
        (rung.name, str(cutoff)): rung.fit(history.at(cutoff))
        for cutoff in cutoffs_of(drawn, history.ask)
        for rung in rungs
    }
