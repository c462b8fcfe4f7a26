"""By which loss a rung was chosen: that of its bake-off, whatever loss.sql says today."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from stepladder.core import own_loss
from stepladder.core.errors import Problem, Unusable
from stepladder.money import priced
from stepladder.project import loss_file
from stepladder.project.folder import Project
from stepladder.record import Decision


def fingerprint(project: Project) -> dict[str, Any]:
    """What a bake-off keeps of the loss.sql that judged: its text and the hash of that."""
    text = own_loss.text_of(project.question)
    return {
        "loss_sql": text,
        "loss_sha256": hashlib.sha256(text.encode()).hexdigest() if text else "",
    }


def refuse_two_losses(project: Project) -> None:
    """Raise Problem where loss.sql and prices each say what a wrong answer costs.

    A loss of one's own is in a unit of its own: held against a margin in money it would mean nothing.
    """
    if own_loss.text_of(project.question) and priced(project.ask):
        raise Problem(
            f"question.toml has [prices], and the project has a {own_loss.FILE}",
            f"one loss judges: money by [prices], or {own_loss.FILE}, whose unit is its own, so that good "
            "enough is a share of the gain",
            f"take [prices] out and write what you need of them into {own_loss.FILE}, or remove that file",
        )


def as_chosen(project: Project, decision: Decision) -> Project:
    """The project, judged by the loss that the decided rung was chosen by.

    Where that bake-off is not at hand, as in a bundle, by the loss.sql that lies there.
    """
    try:
        return project.judged_by(project.result(decision.bakeoff).loss_sql)
    except Unusable:
        raise
    except Problem:
        return project


def changed(folder: Path, then: str, since: str) -> str:
    """That loss.sql is another than it was when a rung was chosen, in a sentence; empty where it is not."""
    try:
        today: str | None = loss_file.read(folder)
    except Problem:
        today = None
    if today == then:
        return ""
    how = "is new" if not then else "is gone" if today == "" else "has changed"
    return (
        f"{own_loss.FILE} {how} since {since}: rungs were chosen, and are watched, by the loss as it was. "
        "To choose by another: stepladder bakeoff, then decide and ship."
    )
