"""Forget one person: nothing predicted, said or cached about them stays, and they do not come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder.core import own
from stepladder.core.cases import kinds
from stepladder.core.errors import Problem
from stepladder.core.files import write
from stepladder.core.question import case_word
from stepladder.nightly.publishing import erase
from stepladder.nightly.still_there import Models, models_with, still_there
from stepladder.nightly.taken_out import taken_out
from stepladder.project.at_work import nobody_at_work
from stepladder.project.folder import Project
from stepladder.project.forgotten import forgotten, hashed, secret_key
from stepladder.project.home import other_homes
from stepladder.record.altering import alter_results
from stepladder.record.copies import copies_beside
from stepladder.record.lists import forget_listed, lists
from stepladder.tables.ids.spelling import also_spelt
from stepladder.tables.report import DataReport, places_only
from stepladder.tables.told import to_markdown

ROOMS = ("data", "predictions", "published", "runs", "bakeoffs")
PAGES = ("report.html", "watch.html", "watch.json", "runs.html")  # made anew by whoever asks


@dataclass(frozen=True)
class Forgotten:
    """How much was erased of somebody: rows in files by folder, rows of the data, answers of people.

    pages: what was removed since it may show them, and the record's backups beside it.
    models: how many were removed that knew them.
    still: where they stand, or may stand, all the same, and what to do about it.
    """

    rows: dict[str, int]
    answers: int
    pages: tuple[str, ...] = ()
    models: int = 0
    still: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Everything that was erased."""
        return sum(self.rows.values()) + self.answers + self.models


def forget(project: Project, case: str, *, wait: float = 60) -> Forgotten:
    """Erase one case from cleaned data, predictions, answers and published tables, for good.

    The record keeps a keyed hash only, by which every later refresh leaves them out. The sources are not
    ours to change: erase the person there too. Waits so many seconds for a bake-off or a night. Raises
    Problem where nobody has that id.
    """
    spelt = also_spelt(_typed(project, case))  # older files may have them as they were typed
    told = [who.to_pylist()[0] for who in spelt]
    project.record.may_write()  # before a key is made here
    with nobody_at_work(project.folder, wait):
        away = forgotten(project)
        before = any(list(one.values()) in away for one in told)
        # first of all: whatever breaks from here on, they do not come back, and it can be done again
        key = secret_key(project)
        hashes = [hashed(one.values(), key) for one in told]
        about = zip(hashes, told, strict=True)
        answers = sum(project.record.forget(project.ask.question, *one) for one in about)
        _without_examples(project)
        rows = {room: sum(taken_out(project, room, who) for who in spelt) for room in ROOMS}
        rows["lists"] = sum(forget_listed(project.record, one) for one in told)
        for kept in (project.folder / "runs" / "inputs").glob("*.json"):
            kept.unlink()  # worked out from rows that are gone
        for target in project.ask.nightly.publish:
            rows[target.partition(":")[0]] = sum(erase(target, project, one) for one in told)
        models = [models_with(project, who) for who in spelt]
        removed = sum(len(one.removed) for one in models)
        found = Forgotten({k: n for k, n in rows.items() if n}, answers, (), removed)
        pages = (*_pages(project.folder), *_lists(project)) if found.total or before else ()
        copies = tuple(str(copy) for copy in copies_beside(project.record.engine))
        project.record.scrubbed()
        still = tuple(dict.fromkeys(_still(project, spelt, models)))
    if not (found.total or still or before):
        gone = f"; removed, since they may have been in it: {', '.join(copies)}" if copies else ""
        raise Problem(
            f"nobody has the id {case!r} here: it is in no table, and in nothing made of them{gone}",
            f"a {case_word(project.question)} is forgotten by their id, as it stands in the data",
            "nothing was erased: check the id; should this one ever come, its rows will be left out",
        )
    return Forgotten(
        found.rows, answers, (*pages, *copies), found.models, (*still, *_homes(project))
    )


def _still(project: Project, spelt: list[pa.Table], models: list[Models]) -> Iterator[str]:
    for who, knowing in zip(spelt, models, strict=True):
        yield from (*knowing.in_use, *still_there(project, who))


def _homes(project: Project) -> list[str]:
    """The other folders of this very project, which nobody can see from here."""
    others = other_homes(project.record, project.folder)
    return [f"{each}: forget them there too" for each in others]


def _typed(project: Project, case: str) -> pa.Table:
    """The case as it was typed, in the types of the data. Raises Problem where it cannot be one."""
    schema = kinds(project.question, project.history())
    found = own.named(schema, case)
    if found is None:
        columns = ", ".join(f"{f.name}: {f.type}" for f in schema)
        raise Problem(
            f"{case_word(project.question)} {case!r}",
            f"in these data it is made of {columns}, joined by /",
            "check the id",
        )
    return found


def _without_examples(project: Project) -> None:
    """Earlier versions wrote down what stood in rows with faults; only where they stand is kept."""
    for path in (project.folder / "data").glob("*.json"):
        write(path, json.dumps(places_only(json.loads(path.read_text("utf-8"))), indent=1))
    for page in project.folder.glob("data-report-*.md"):
        name = page.stem.removeprefix("data-report-")
        if name in project.ask.tables:
            write(page, to_markdown(DataReport.from_dict(project.data_report(name))))
        else:
            page.unlink()
    alter_results(project.record, project.ask.question, _without_texts)


def _without_texts(result: dict[str, Any]) -> dict[str, Any]:
    """A bake-off's result without what stood in rows of its tables."""
    data = {
        name: {**about, "report": places_only(about["report"])} if "report" in about else about
        for name, about in result["data"].items()
        if isinstance(about, dict)
    }
    return {**result, "data": {**result["data"], **data}}


def _pages(folder: Path) -> tuple[str, ...]:
    """Remove the pages, and empty the log: whoever stood in them cannot be told by looking."""
    there = [folder / name for name in PAGES if (folder / name).is_file()]
    there += sorted((folder / "jobs").glob("*.txt"))  # what work started from a page had to say
    for page in there:
        page.unlink()
    log = folder / "stepladder.log"
    if log.is_file() and log.stat().st_size:
        log.write_bytes(b"")  # not removed: somebody may be writing it
        there.append(log)
    return tuple(page.relative_to(folder).as_posix() for page in there)


def _lists(project: Project) -> tuple[str, ...]:
    """Remove the lists that lie where we put them; those that somebody named a place for are told of."""
    made = {one.path for one in lists(project.record, project.ask.question)}
    there = [name for name in sorted(made) if (project.folder / name).is_file()]
    ours = [name for name in there if name.startswith("predictions/")]
    for name in ours:
        (project.folder / name).unlink()
    return tuple(ours)
