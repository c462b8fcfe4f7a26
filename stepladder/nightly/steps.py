"""What each step of the nightly run does: it writes one file, whole or not at all, and then it is done.

It is tried again where what went wrong may pass, and noted in the record either way.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder.core import at_rest
from stepladder.core.asking import explained, reasons
from stepladder.core.copied import copy, move
from stepladder.core.errors import CannotStand, Passing, Problem
from stepladder.core.files import write
from stepladder.core.rung import Rung
from stepladder.nightly import publishing
from stepladder.nightly.audit import audit
from stepladder.nightly.plan import Named
from stepladder.nightly.production import Production
from stepladder.project.all_cases import Known, Learnt, answered_by, known_at
from stepladder.project.engine import askable, shared
from stepladder.project.folder import Project
from stepladder.project.last_read import last_read
from stepladder.project.scratch import scratch
from stepladder.record import Step
from stepladder.release.fit import fit
from stepladder.release.inputs import inputs
from stepladder.release.release import Release

EXPLAINED = 200_000  # answers; with more of them each is explained when somebody asks
FIRST_S, MOST_S = 1.0, 60.0  # waits double from one try to the next
log = logging.getLogger("stepladder")


def check(production: Production, day: date, accept: str, output: Path) -> None:
    """Look at the data before anything is learnt of them. Raises Problem on what nobody should act on."""
    from stepladder.nightly.reconcile.held_against import held_against
    from stepladder.watch.batch import check_batch

    project = production.project
    project.check(gone=True)  # what left since last night is told from last night's data
    if day > project.now():
        raise Problem(
            f"the run is for {day}, but the data end before {project.now()}",
            "a run stands where the data end, or earlier: beyond it everybody would seem to have left",
            "bring newer data with: stepladder refresh, or run an earlier day",
        )
    history = project.history().at(day)
    tables = {spec.name: project.table(spec.name) for spec in project.question.TABLES}
    known = held_against(project.question, project.ask, last_read(project), tables)
    findings = [*known, *check_batch(history, _last_good(project, day))]
    stops = [found for found in findings if found.severity == "stop"]
    if stops and not accept:
        first = stops[0]
        raise Problem(
            first.given, first.allowed, f"{first.remedy}; if it is right: --accept REASON"
        )
    rows = {
        spec.name: history.sql(f"select count(*) as n from {spec.name}")["n"][0].as_py()
        for spec in project.question.TABLES
    }
    told = [[f.severity, f.given, f.allowed, f.remedy] for f in findings]
    body = {"day": str(day), "rows": rows, "inputs": inputs(project, day), "findings": told}
    write(output, _json({**body, **({"accepted": accept} if stops else {})}))


def _last_good(project: Project, day: date) -> date | None:
    """The day before this one that was published last: what came since is new."""
    there = project.record.predictions(project.ask.question)
    found = [s.as_of for s in there if s.published and s.as_of < day.isoformat()]
    return date.fromisoformat(max(found)) if found else None


def refit(production: Production, day: date, output: Path) -> None:
    """Learn anew as of a day, by the rung and the decision in production; at its own day it is as shipped."""
    manifest, project = production.release.manifest, production.project
    release = production.release
    if not production.shipped_on(day):
        with scratch(shared(project.ask, project.folder)) as room:
            rung = project.rung(manifest.rung) if manifest.ours else production.release.rung(room)
            known = inputs(project, day)
            release = fit(
                project, rung, day, known, manifest.decision, manifest.forced, manifest.loss,
                manifest.reference,
            )  # fmt: skip
    write(output, _json({"release": release.hash, "as_of": release.manifest.as_of}))


def predict(production: Production, day: date, fitted: Path, output: Path) -> None:
    """Ask the fitted rung about every case, from what was known before the day."""
    project, release = production.project, released(production.project, fitted)
    manifest = release.manifest
    with scratch(shared(project.ask, project.folder)) as room:
        known = known_at(project, day, room)
        rung = askable(release.rung(room), project.ask, project.folder)
        learnt = Learnt(rung, str(release.home / manifest.model))
        usual = Learnt(release.reference(), str(release.home / manifest.reference_model))
        found = answered_by(project, known, learnt, usual, release.taught, room, release.hash)
        if found.rest.is_dir():  # a cluster has said all there is to say, each machine in its files
            move(found.rest, output)
            return
        parts = at_rest.parts(found.rest)
        if found.count <= EXPLAINED:
            parts = iter([_explained(project, release, rung, known, at_rest.whole(found.rest))])
        told = (_told(part, day, release) for part in parts)
        at_rest.write(room / output.name, told, compression="zstd")
        copy(room / output.name, output)


def _told(table: pa.Table, day: date, release: Release) -> pa.Table:
    """With the day that the answers are of, and the release that gave them."""
    n = table.num_rows
    table = table.append_column("as_of", pa.array([day] * n, pa.date32()))
    return table.append_column("release", pa.array([release.hash] * n).dictionary_encode())


def _explained(
    project: Project, release: Release, rung: Rung, known: Known, table: pa.Table
) -> pa.Table:
    """The answers, in their order, with the source rows they come from; of our own rungs, as they see it."""
    own = reasons(rung, release.model(), known.history, table) if rung.ours else None
    return explained(project.question, known.history, table, own)


def publish(
    production: Production, day: date, accept: str, predicted: Path, fitted: Path, output: Path
) -> None:
    """Make a day's predictions visible once they have passed the audit: as a file, and in every table."""
    release = released(production.project, fitted)
    if not accept:
        audit(production, day, predicted)
    for target in production.project.ask.nightly.publish:
        publishing.send(predicted, target, production.project, day)
    publishing.note(production, day, release, predicted, output)


def watch(production: Production, day: date, output: Path) -> None:
    """Compare what was predicted with what came, as of a day."""
    from stepladder.watch.findings import to_json
    from stepladder.watch.watch import watch as looked

    write(output, _json(to_json(looked(production.project, now=day))))


def released(project: Project, fitted: Path) -> Release:
    """The release that a fit step made or found."""
    return Release.load(json.loads(fitted.read_text())["release"], project.folder)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode()


def noted(project: Project, named: Named, work: Callable[[], None], accept: str = "") -> None:
    """Do the work; note how long it took and what its name was made of, or why it failed.

    `accept`: why things that look wrong were let through, which is noted too.
    """
    began = time.monotonic()
    try:
        _tried(work, project.ask.nightly.retries)
    except Exception as error:
        log.debug("%s for %s failed", named.step, named.day, exc_info=True)
        with suppress(Problem):  # on a full disk: what went wrong first is what is told
            _note(project, named, "failed", began, _said(error))
        raise
    said = {**named.parts, **({"accepted": accept} if accept else {})}
    _note(project, named, "done", began, json.dumps(said, sort_keys=True))


def _tried(work: Callable[[], None], retries: int) -> None:
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    passing = retry_if_exception_type((Passing, OSError))
    wait = wait_exponential(multiplier=FIRST_S, max=MOST_S)
    for attempt in Retrying(
        stop=stop_after_attempt(retries + 1),
        wait=wait,
        retry=passing,
        reraise=True,
        sleep=lambda seconds: pause(seconds),
    ):
        with attempt:
            work()


def pause(seconds: float) -> None:
    """Wait before the next try."""
    time.sleep(seconds)


def _said(error: Exception) -> str:
    if isinstance(error, Problem | CannotStand):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _note(project: Project, named: Named, status: str, began: float, detail: str) -> None:
    seconds = time.monotonic() - began
    day, question = named.day.isoformat(), project.ask.question
    project.record.note(Step(question, day, named.step, named.key, status, seconds, detail))
