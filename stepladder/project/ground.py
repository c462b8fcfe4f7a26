"""The ground that a decision stands on: if any of it moves between looking and deciding, nobody decides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.project.said import KINDS
from stepladder.record.said import events

REASONS = {
    "bakeoff": "there is a newer bake-off: number {}",
    "data": "the data are others by now",
    "settings": "question.toml is another by now",
    "said": "somebody said something since: number {} in what was said",
    "decision": "somebody decided since: decision {}",
}


class Moved(Problem):
    """What was looked at is not what is there now; nothing was written."""


@dataclass(frozen=True)
class Ground:
    """What one looks at before deciding, each part by its number or hash."""

    bakeoff: int
    data: str
    settings: str
    said: int
    decision: int

    @property
    def sha256(self) -> str:
        """The hash of the evidence, by which a decision names it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def written(self) -> str:
        """As a form carries it along."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def read(text: str) -> Ground:
        """What a form carried along. Raises Problem where that was altered."""
        try:
            found = Ground(**json.loads(text))
            if {k: type(v) for k, v in asdict(found).items()} != TYPES:
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            raise Problem(
                "a form that names no evidence", "a decision names what it rests on",
                "open the page anew and decide from there",
            ) from None  # fmt: skip
        return found


TYPES = {"bakeoff": int, "data": str, "settings": str, "said": int, "decision": int}


def ground(project: Project) -> Ground:
    """The ground as it is now. Raises Problem where no bake-off has been run."""
    record, question = project.record, project.ask.question
    latest = record.latest_bakeoff(question)
    decision = record.decision(question)
    said = [one.id for one in events(record, question, *KINDS)]
    return Ground(
        latest.id if latest else 0,
        project.fingerprint,
        hashlib.sha256(project.settings.encode()).hexdigest(),
        max(said, default=0),
        decision.id if decision else 0,
    )


def moved(then: Ground, today: Ground) -> list[str]:
    """What is not as it was, each in a sentence."""
    before, after = asdict(then), asdict(today)
    return [
        said.format(after[name]) for name, said in REASONS.items() if before[name] != after[name]
    ]


def refuse_moved(project: Project, bakeoff: int | None, evidence: str, then: Ground | None) -> None:
    """Raise Moved where what a decision names is not what is there now."""
    today = ground(project)
    reasons = moved(then, today) if then else []
    if bakeoff is not None and bakeoff != today.bakeoff and not then:
        reasons.append(REASONS["bakeoff"].format(today.bakeoff))
    if evidence and evidence != today.sha256 and not reasons:
        reasons.append("the evidence is another by now")
    if reasons:
        raise Moved(
            "; ".join(reasons),
            f"a decision is made on bake-off {today.bakeoff} and the evidence {today.sha256}, as they are",
            "look at it again, and decide then; nothing was written",
        )
