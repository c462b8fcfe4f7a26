"""Run what is in production: today's steps, or those of past days, each from what was known then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.extras import need
from stepladder.core.files import remove
from stepladder.nightly.lock import alone
from stepladder.nightly.plan import STEPS, Plan, days_of, named, plan
from stepladder.nightly.production import Production
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.project.refresh import as_read, refresh, warned
from stepladder.record import Step
from stepladder.tables.types import OTHER_TYPE

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
log = logging.getLogger("stepladder")
ASIDE = ".again"  # what is done once more, while it lasts


@dataclass(frozen=True)
class Ran:
    """A run that came to its end: for which days, what it had to do, and where its last day's findings are.

    checked: of the data, before anything was learnt of them. watched: of the forecasts.
    """

    since: date
    until: date
    plan: Plan
    checked: Path
    watched: Path


def run(
    project: Project,
    *,
    since: date | None = None,
    until: date | None = None,
    workers: int = 1,
    fresh: bool = True,
    accept: str = "",
    again: str = "",
    wait: float = 0.0,
    progress: Progress = lambda *_: None,
) -> Ran:
    """Do what is not done yet of today, or of the days from `since` to `until`.

    Today is the day after the last complete one in the data; the sources are read again first where
    `fresh`. `again` names a step that is done once more, with all that follow. Raises Problem where
    data are stale, another run is at work, or a step fails.
    """
    with alone(project.folder, wait), at_work(project.folder):
        project = Project.open(project.folder)  # whoever was before may have changed it
        project.record.may_write()
        for room in ("runs", "published", "releases", "models"):
            _put_back(project.folder / room)
        if fresh and _beyond(project, since, until):
            progress("reading the sources", 0, 0)
            project = _read_again(project)
        production = Production.of(project)
        _refuse_retyped(production)
        first, last = _days(project, since, until)
        days = days_of(first, last)
        with _once_more(production, again, days) if again else nullcontext():
            planned = plan(production, days)
            _build(production, first, last, planned, workers, accept, progress)
        if last == project.now():
            progress("writing the page of the watch", 0, 0)
            _page(production)
    found = (named(production, step, last).path for step in ("check", "watch"))
    return Ran(first, last, planned, *found)


def _read_again(project: Project) -> Project:
    """The project with its sources read anew; what there is to check that was not there before is told."""
    before = warned(project)
    found = refresh(project)
    for kind, said in warned(found):
        kinds = {one for one, _ in before}
        if kind not in kinds or (kind == OTHER_TYPE and (kind, said) not in before):
            log.warning("%s", said)
    return found


def _refuse_retyped(production: Production) -> None:
    """What was learnt knows ids and columns by their type."""
    shipped, now = production.release.manifest, production.project.types
    for table, types in (shipped.types or {}).items():
        for name, was in types.items():
            if (is_now := now.get(table, {}).get(name, was)) != was:
                raise Problem(
                    f"{name} in {table} is {is_now} now, and was {was} when {shipped.rung} was shipped",
                    "what was learnt knows ids and columns by the type that they had",
                    "have it learnt anew: stepladder ship",
                )


def _beyond(project: Project, since: date | None, until: date | None) -> bool:
    """Whether the run needs the sources read again: tonight's does, and one for days that were not there."""
    last = until or since
    return last is None or last > project.now()


def foreseen(
    project: Project, since: date | None = None, until: date | None = None, fresh: bool = True
) -> Plan:
    """What a run would do, without doing it: where it would read the sources they are read, and not kept.

    Raises Problem where the run would stop before its first step: also where they cannot be read.
    """
    Production.of(project)  # what is in production, before anything is read
    fresh = fresh and _beyond(project, since, until)
    with as_read(project, fresh) as then:
        first, last = _days(then, since, until)
        found = plan(Production.of(then), days_of(first, last))
        return replace(found, sources=tuple(_brought(project, then)) if fresh else ())


def _brought(project: Project, then: Project) -> Iterator[str]:
    """What the sources say beyond what was read of them last, table by table."""
    for spec in project.question.TABLES:
        before, after = project.table(spec.name), then.table(spec.name)
        if before.name == after.name:
            yield f"{spec.name}: the source says what was read last"
            continue
        more = pq.read_metadata(after).num_rows - pq.read_metadata(before).num_rows
        rows = f"{abs(more):,} rows {'more' if more > 0 else 'fewer'}" if more else "as many rows"
        yield f"{spec.name}: the source has changed, {rows} {'than' if more else 'as'} were read last"
    yield f"the days of what it says go up to {then.now() - timedelta(days=1)}"


def _days(project: Project, since: date | None, until: date | None) -> tuple[date, date]:
    now = project.now()
    if since is None and until is None:
        _refuse_stale(project, now)
        return now, now
    first, last = since or until or now, until or now
    if first > last or last > now:
        raise Problem(
            f"days from {first} to {last}, in data that end before {now}",
            "a run goes from an earlier day to a later one, and stands where the data end at the latest",
            f"e.g. --from {min(first, now)} --to {now}",
        )
    return first, last


def _refuse_stale(project: Project, now: date) -> None:
    """By the clock: yesterday's data forecast today; last month's make everybody look lost.

    Data of whole months are as old as the month that they lack.
    """
    today, most, due = date.today(), project.ask.nightly.stale_after, project.due()
    next_one = f", what comes next was whole on {due}" if due > now else ""
    if (today - due).days > most:
        raise Problem(
            f"the data end before {now}{next_one}, and today is {today}",
            f"data may be {most} days old: older ones say nothing of today",
            "bring newer data; or run a past day (stepladder run --from DAY --to DAY), or allow it: "
            "stale_after in question.toml [nightly]",
        )
    if (today - now).days < -1:
        raise Problem(
            f"the data go up to {now}, and today is {today}: the clock is wrong, or the data are",
            "nothing can be known of days to come",
            "set the clock, or look at the dates in the data",
        )


def _build(
    production: Production,
    since: date,
    until: date,
    planned: Plan,
    workers: int,
    accept: str,
    progress: Progress,
) -> None:
    """Hand the tasks to Luigi's own scheduler, in this process."""
    need("luigi", "ship", "the nightly run")
    import luigi

    from stepladder.nightly import tasks

    tasks.production.cache_clear()
    luigi.task_register.Register.clear_instance_cache()
    record, question = production.project.record, production.project.ask.question
    before = len(record.noted(Step, question))
    logging.getLogger("luigi-interface").setLevel(logging.CRITICAL)
    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    night = tasks.Night(
        project=str(production.project.folder), day=until, since=str(since), accept=accept
    )
    done = luigi.build(
        [night],
        worker_scheduler_factory=tasks.Scheduling(progress, len(planned.to_do)),
        local_scheduler=True,
        workers=workers,
        no_lock=True,
        log_level="CRITICAL",
    )
    if not done:
        raise _failed(record.noted(Step, question)[before:])


@contextmanager
def _once_more(production: Production, step: str, days: Iterable[date]) -> Iterator[None]:
    """While this lasts a step, and those after it, are not done. Raises Problem.

    What was there before comes back where nothing new took its place.
    """
    if step not in STEPS:
        raise Problem(f"--again {step}", f"the steps are: {', '.join(STEPS)}", "name one of these")
    try:
        for day in days:
            for later in STEPS[STEPS.index(step) :]:
                when = production.fit_day(day) if later == "fit" else day
                path = named(production, later, when).path
                if path.exists():
                    path.replace(path.with_name(f".{path.name}{ASIDE}"))
        yield
    finally:
        for room in ("runs", "published"):
            _put_back(production.project.folder / room)


def _put_back(folder: Path) -> None:
    """Files that were put aside return, unless there is a new one; also after a kill."""
    for aside in folder.rglob(f".*{ASIDE}"):
        path = aside.with_name(aside.name[1 : -len(ASIDE)])
        if path.exists():
            remove(aside)
        else:
            aside.replace(path)


def _page(production: Production) -> None:
    """Not in the step: what draws has threads of its own, and a forked worker would wait for ever."""
    from stepladder.watch.kept import keep
    from stepladder.watch.page import write_page
    from stepladder.watch.watch import watch

    found, folder = watch(production.project), production.project.folder
    keep(found, folder)
    write_page(found, folder / "watch.html")


def _failed(ran: list[Step]) -> Problem:
    failed = [one for one in ran if one.status == "failed"]
    if not failed:
        return Problem(
            "the run did not come to its end",
            "every step is done, or says why not",
            "run again: it goes on where it stopped; a full disk is the usual reason, and with -v the log "
            "says more",
        )
    first = failed[0]
    said = first.detail.split("\n", 2)
    allowed = said[1] if len(said) > 1 else "every step ends with a file that says it is done"
    remedy = said[2] if len(said) > 2 else "run again with -v and look into stepladder.log"
    return Problem(f"{first.step} for {first.day}: {said[0]}", allowed, remedy)
