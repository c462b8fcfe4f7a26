"""What the command line shows of production: what was shipped, planned, run."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import rich.box
import rich.table
from rich.text import Text

from stepladder.core import endings
from stepladder.core.errors import Problem
from stepladder.nightly.forget import Forgotten
from stepladder.nightly.plan import Plan
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.record import Shipment
from stepladder.release.release import Release
from stepladder.release.ship import Shipped, in_production
from stepladder.terminal.show import log, out, patience, print_json, progress

__all__ = ["log"]


def shipped(project: Project, rung: str | None, force: str, as_json: bool) -> None:
    """Ship, and say what is in production now."""
    from stepladder.nightly.production import Production
    from stepladder.release.ship import ship

    with progress(as_json) as tick:
        tick("learning from all history", 0, 0)
        found = ship(project, rung=rung, force=force)
    _told(found, as_json, "Next: stepladder run, stepladder serve")
    other = Production.of(project).other_loss()
    if other and not as_json:
        out.print(Text(other, style="yellow"))


def rolled_back(project: Project, release: str, because: str, as_json: bool) -> None:
    """Go back, and say what is in production now."""
    from stepladder.release.ship import rollback

    found = rollback(project, release, because)
    _told(found, as_json, "It stays until something is shipped: stepladder ship")


def elsewhere(project: Project, to: str, tracking: str | None, as_json: bool) -> None:
    """Take what is in production to another system."""
    if to != "mlflow":
        raise Problem(f"--to {to}", "what is shipped can be taken to: mlflow", "--to mlflow")
    from stepladder.leave.loaded import UNFENCED
    from stepladder.leave.mlflow import to_mlflow

    with patience("taking it to MLflow …", as_json), at_work(project.folder):
        found = to_mlflow(project, in_production(project), tracking_uri=tracking)
    if as_json:
        print_json(asdict(found))
        return
    where = f"MLflow: {found.name} version {found.version}, run {found.run_id}, at {found.uri}"
    out.print(Text(where))
    release = Release.load(in_production(project).release, project.folder)
    if not release.manifest.ours:
        said = f"{release.manifest.rung} is your own code: {UNFENCED}. There is no fence there."
        out.print(Text(said), soft_wrap=True)


def bundled(project: Project, folder: Path, as_json: bool) -> None:
    """Write a folder that runs alone."""
    from stepladder.leave.bundle import bundle, fence
    from stepladder.leave.hashes import MARK as HASH

    with patience("gathering the bundle …", as_json), at_work(project.folder):
        path = bundle(project, folder)
    if as_json:
        print_json({"bundle": str(path)})
    else:
        out.print(Text(f"Bundle: {path}; its README.md says how to run it"), soft_wrap=True)
        release = Release.load(in_production(project).release, project.folder)
        out.print(Text(fence(release)), soft_wrap=True)
        if HASH not in (path / "requirements.lock").read_text():
            out.print(Text("Its lock has no hashes: its first lines say why", style="yellow"))


def _told(found: Shipment, as_json: bool, more: str) -> None:
    if as_json:
        print_json(asdict(found))
        return
    why = f" ({found.because})" if found.because else ""
    out.print(
        Text(
            f"In production: {found.rung}, learnt up to {found.as_of}, release {found.release[:12]}"
            f"{why}. {more}"
        ),
        soft_wrap=True,
    )


def models(found: list[Shipped], as_json: bool) -> None:
    """Everything that was in production, the latest first."""
    if as_json:
        print_json([{**asdict(one.shipment), **asdict(one)} for one in found])
        return
    if not found:
        out.print("Nothing is in production yet: stepladder ship")
        return
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    for name in ("", "release", "rung", "learnt up to", "how", "when", "by", "because"):
        table.add_column(name, overflow="fold")
    for one in found:
        row = one.shipment
        table.add_row(
            "▸" if one.current else "", row.release[:12], row.rung, row.as_of, row.kind,
            row.time[:16].replace("T", " "), Text(one.by), Text(one.because),
            style="bold green" if one.current else None,
        )  # fmt: skip
    out.print(table)


def planned(
    project: Project, since: date | None, until: date | None, fresh: bool, as_json: bool
) -> None:
    """What a run would do."""
    from stepladder.nightly.run import foreseen

    with patience("reading the sources …", as_json):
        found = foreseen(project, since, until, fresh)
    if as_json:
        print_json(
            {"steps": [asdict(one) for one in found.steps], "notes": found.notes,
             "seconds": found.seconds, "sources": found.sources}
        )  # fmt: skip
        return
    for said in found.sources:
        out.print(Text(f"{said[:1].upper()}{said[1:]}."), soft_wrap=True)
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    for name in ("day", "step", "state", "why"):
        table.add_column(name)
    for one in found.to_do:
        table.add_row(str(one.day), one.step, one.state, Text(one.why))
    if found.to_do:
        out.print(table)
    out.print(_summary(found))
    for note in found.notes:
        out.print(Text(note, style="yellow"))


def _summary(found: Plan) -> Text:
    done, todo = len(found.steps) - len(found.to_do), len(found.to_do)
    time = "how long they take is not known yet"
    if found.seconds is not None:
        time = f"about {found.seconds:,.0f} s as it went lately, side by side less"
    return Text(f"{done} steps are done, {todo} to do" + (f": {time}" if todo else ""))


def ran(
    project: Project,
    *,
    since: date | None,
    until: date | None,
    picture: Path | None,
    as_json: bool,
    **how: Any,
) -> int:
    """Run, write the picture, say what the watch found; the exit code."""
    from stepladder.nightly.picture import picture as drawn
    from stepladder.nightly.run import run

    page = endings.page(picture or project.folder / "runs.html")
    try:
        with progress(as_json) as tick:
            found = run(project, since=since, until=until, progress=tick, **how)
    except BaseException:
        with contextlib.suppress(Exception), at_work(project.folder):  # the first failure is told
            drawn(project, page)
        raise
    with at_work(project.folder):
        drawn(Project.open(project.folder), page)
    watched = json.loads(found.watched.read_text())
    told = json.loads(found.checked.read_text())["findings"]
    if as_json:
        print_json(
            {"from": str(found.since), "to": str(found.until), "steps": len(found.plan.steps),
             "done_now": len(found.plan.to_do), "picture": str(page), "told": told, "watch": watched}
        )  # fmt: skip
        return int(watched["exit_code"])
    days = f"{found.since}" if found.since == found.until else f"{found.since} to {found.until}"
    out.print(
        Text(f"{days}: {len(found.plan.to_do)} steps done now, "
             f"{len(found.plan.steps) - len(found.plan.to_do)} were done before. Picture: {page}"),
        soft_wrap=True,
    )  # fmt: skip
    for note in found.plan.notes:
        out.print(Text(note, style="yellow"))
    loud = " ".join(alarm["sentence"] for alarm in watched["alarms"])
    for _, given, allowed, remedy in told:
        if given not in loud:
            out.print(Text(f"{given} ({allowed}): {remedy}", style="yellow"), soft_wrap=True)
    for alarm in watched["alarms"]:
        out.print(Text(f"ALARM {alarm['name']}: {alarm['sentence']}", style="bold red"))
    return int(watched["exit_code"])


def rehearsed(project: Project, share: str, as_json: bool) -> int:
    """The same night on some of the customers; the exit code that it would have had."""
    from stepladder.core.ask import share as read
    from stepladder.core.cases import count
    from stepladder.nightly.rehearsal import rehearsal
    from stepladder.nightly.run import run

    try:
        part = float(read(share))  # type: ignore[arg-type]
    except ValueError as error:
        raise Problem(f"--rehearse {share}", str(error), "e.g. --rehearse 1%") from None
    with rehearsal(project, part) as small, progress(as_json) as tick:
        day = small.now()
        found = run(small, since=day, until=day, progress=tick)
        watched = json.loads(found.watched.read_text())
        cases = count(small.question, small.history())
    said = {"cases": cases, "day": str(day), "steps": len(found.plan.to_do)}
    if as_json:
        print_json({**said, "watch": watched})
    else:
        out.print(
            f"Rehearsed for {day} with {cases:,} cases: {said['steps']} steps, all done; nothing was kept."
        )
    return int(watched["exit_code"])


def forgotten(found: Forgotten, as_json: bool) -> None:
    """How much was erased, and what else is to be done."""
    if as_json:
        print_json(asdict(found))
        return
    rows = ", ".join(f"{n:,} in {room}" for room, n in found.rows.items()) or "none"
    said = [f"Erased rows: {rows}; answers of people: {found.answers}; models: {found.models}."]
    if found.pages:
        said.append(f"Removed, since they may be in it: {', '.join(found.pages)}.")
    said += [f"STILL THERE: {one}" for one in found.still]
    said.append(
        "Not ours to change, so erase them there as well: the source, and copies made before "
        "(bundles, MLflow, what stepladder predict --to wrote, backups). The next run forecasts without them."
    )
    for line in said:
        out.print(Text(line, style="bold red" if line.startswith("STILL") else ""), soft_wrap=True)


def watched(project: Project, now: date | None, act: bool, to: Path | None, as_json: bool) -> int:
    """What the watch found, in a few lines and on a page; the exit code."""
    target = endings.page(to or project.folder / "watch.html")
    from stepladder.watch.findings import to_json
    from stepladder.watch.kept import keep
    from stepladder.watch.page import write_page
    from stepladder.watch.watch import watch

    with progress(as_json) as tick, at_work(project.folder):
        tick("holding forecasts against what came", 0, 0)
        found = watch(project, now=now, act=act, progress=tick)
        page = write_page(found, target)
        if now is None:
            keep(found, project.folder)
    if as_json:
        print_json({**to_json(found), "page": str(page)})
        return found.exit_code
    for alarm in found.alarms:
        out.print(
            Text(f"ALARM {alarm.name}, since {alarm.since}: {alarm.sentence}", style="bold red")
        )
    if found.realised.loss_changed:
        out.print(Text(found.realised.loss_changed, style="yellow"))
    said = found.suggestion
    out.print(Text(f"Suggested: {said.step}. {said.reason}", style="bold"))
    out.print(Text(f"Page: {page}"), soft_wrap=True)
    return found.exit_code
