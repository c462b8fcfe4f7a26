"""Put what was decided into production, say what is there, and go back to what was there before."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from stepladder.core import own_loss
from stepladder.core.errors import Problem
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.project.judged import as_chosen
from stepladder.project.last_read import note_read
from stepladder.record import Decision, Shipment
from stepladder.release.fit import fit
from stepladder.release.inputs import inputs
from stepladder.release.release import Release


@dataclass(frozen=True)
class Shipped:
    """A release that is, or was, in production, and how it came there."""

    shipment: Shipment
    current: bool
    rung: str
    by: str  # who decided, or forced it
    because: str


def ship(project: Project, *, rung: str | None = None, force: str = "") -> Shipment:
    """Fit the decided rung on all history and put it into production.

    Any other rung, or one that nobody decided on, is shipped with a reason in `force`, which is
    recorded. Raises Problem otherwise, and where the rung fails.
    """
    project.record.may_write()
    decision = project.record.decision(project.ask.question)
    name = rung or (decision.rung if decision else "")
    if not force.strip():
        _refuse(project, decision, name)
    if not name:
        raise Problem("no rung was named", "what is forced must be named", "add --rung NAME")
    decided = decision if decision and decision.rung == name else None
    project.check()
    today = project.now()
    with at_work(project.folder):
        release = fit(
            project,
            project.rung(name),
            today,
            inputs(project, today),
            asdict(decided) if decided else None,
            force.strip(),
            own_loss.text_of(as_chosen(project, decided).question) if decided else "",
        )
        note_read(project)
    return _note(project, "ship", release, decided.id if decided else None, force.strip())


def rollback(project: Project, to: str = "", because: str = "") -> Shipment:
    """Go back to an earlier release, by default the one before; it stays until the next is shipped.

    Raises Problem where there is none, or its files were altered.
    """
    there = shipments(project)
    current = in_production(project)
    # back past what was rolled away: the one before the current one was shipped
    shipped = [s.id for s in there if s.release == current.release and s.kind != "rollback"]
    before = [s for s in there if to or s.id < shipped[-1]]
    earlier = [s for s in before if s.release != current.release and s.release.startswith(to)]
    if not earlier:
        raise Problem(
            f"there is no earlier release {to}".rstrip(),
            "one can go back to a release that was in production before",
            "see those there are: stepladder models",
        )
    named = sorted({shipment.release for shipment in earlier})
    if to and len(named) > 1:
        raise Problem(
            f"{len(named)} releases begin with {to}: {', '.join(one[:12] for one in named)}",
            "one goes back to one release",
            "name it by more of its hash",
        )
    found = earlier[-1]
    release = Release.load(found.release, project.folder)
    return _note(project, "rollback", release, found.decision, because.strip())


def refitted(project: Project, release: Release, before: Shipment) -> Shipment:
    """The nightly run learnt anew: the same decision, newer data."""
    return _note(project, "refit", release, before.decision, before.because)


def shipments(project: Project) -> list[Shipment]:
    """Everything that ever went into production, the oldest first."""
    return project.record.noted(Shipment, project.ask.question)


def in_production(project: Project) -> Shipment:
    """What is in production now. Raises Problem where nothing is."""
    there = shipments(project)
    if not there:
        raise Problem(
            "nothing is in production yet",
            "what runs every night, and is served, was shipped first",
            "ship what was decided on: stepladder ship",
        )
    return there[-1]


def models(project: Project) -> list[Shipped]:
    """Every release that was in production, the latest first, with who decided and why."""
    decisions = {d.id: d for d in project.record.decisions(project.ask.question)}
    there = shipments(project)
    return [
        _told(shipment, shipment is there[-1], decisions.get(shipment.decision or 0))
        for shipment in reversed(there)
    ]


def _told(shipment: Shipment, current: bool, decision: Decision | None) -> Shipped:
    why = shipment.because or (decision.because if decision else "")
    by = decision.by if decision and not shipment.because else shipment.by
    return Shipped(shipment, current, shipment.rung, by, why)


def _refuse(project: Project, decision: Decision | None, name: str) -> None:
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "only what the business decided on goes into production",
            "stepladder decide RUNG --by NAME --because TEXT, or ship it all the same and say why: "
            "stepladder ship --rung RUNG --force REASON",
        )
    if name != decision.rung:
        raise Problem(
            f"{name} is not what was decided on: {decision.by} decided on {decision.rung}",
            "only what the business decided on goes into production",
            f"stepladder decide {name} …, or ship it all the same and say why: "
            f"stepladder ship --rung {name} --force REASON",
        )


def _note(
    project: Project, kind: str, release: Release, decision: int | None, because: str
) -> Shipment:
    found = release.manifest
    row = Shipment(
        project.ask.question, kind, release.hash, found.rung, found.model, found.as_of,
        decision, because,
    )  # fmt: skip
    project.record.note(row)
    return shipments(project)[-1]
