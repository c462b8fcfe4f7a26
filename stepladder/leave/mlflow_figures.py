"""What MLflow shows beside the model: the bake-off's figures, what was asked, and who decided."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

from stepladder.bakeoff.result import Result, RungResult
from stepladder.money import priced
from stepladder.project.folder import Project
from stepladder.release.release import Release

SHOWN = ("loss", "loss_low", "loss_high", "worse", "worse_low", "worse_high")
LONGEST = 5000  # of a tag or parameter: servers refuse longer ones
Figure = tuple[str, float, int]  # its name, and the cutoff it belongs to, counted from 0


def params(release: Release, result: Result | None) -> dict[str, str]:
    """What was asked, and what answers it."""
    found, ask = release.manifest, release.ask
    said: dict[str, object] = {
        "question": found.question,
        "rung": found.rung,
        "reference": found.reference,
        "as_of": found.as_of,
        "horizon": ask.horizon,
        "seed": ask.seed,
    }
    said |= {f"settings.{name}": value for name, value in ask.settings.scalars.items()}
    if given := priced(ask):
        said |= {f"prices.{name}": value for name, value in given.model_dump().items()}
    if result:
        said |= {
            "bakeoff": result.id,
            "good_enough": result.good_enough,
            "good_enough_money": result.good_enough_money,
            "proposed": result.proposal.rung,
            "loss_sha256": result.loss_sha256,
            "cutoffs": ", ".join(f"{w.now} ({w.role})" for w in result.windows),
        }
    return _texts(said)


def tags(project: Project, release: Release) -> dict[str, str]:
    """Where the model comes from: hashes, and the decision behind it."""
    found = release.manifest
    decision = found.decision or {}
    said: dict[str, object] = {
        "stepladder.release": release.hash,
        "stepladder.model": found.model,
        "stepladder.version": found.made_with,
        "stepladder.forced": found.forced,
        "stepladder.loss": found.loss,
        **{f"stepladder.data.{table}": hash_ for table, hash_ in found.data.items()},
        **{f"stepladder.decision.{part}": decision.get(part) for part in ("by", "because", "time")},
        "mlflow.source.name": f"stepladder ship ({project.folder.name})",
    }
    return _texts(said)


def figures(result: Result) -> list[Figure]:
    """Each rung's loss, how much worse it is than the best, and what it costs; numbers only."""
    found = [figure for rung in result.rungs for figure in _of_rung(rung)]
    return [figure for figure in found if math.isfinite(figure[1])]


def _of_rung(rung: RungResult) -> Iterator[Figure]:
    for role, estimate in (("choose", rung.choose), ("report", rung.report)):
        for name in SHOWN if estimate else ():
            yield f"{role}/{name}/{rung.rung}", float(getattr(estimate, name)), 0
    for step, at in enumerate(rung.cutoffs):
        yield f"cutoff/loss/{rung.rung}", float(at.estimate.loss), step
        yield f"cutoff/worse/{rung.rung}", float(at.estimate.worse), step
    for name, value in asdict(rung.cost).items() if rung.cost else ():
        if isinstance(value, int | float):
            yield f"cost/{name}/{rung.rung}", float(value), 0


def _texts(said: dict[str, object]) -> dict[str, str]:
    return {name: str(value)[:LONGEST] for name, value in said.items() if value not in (None, "")}
