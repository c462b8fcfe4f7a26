"""The same night on a share of the customers, in a folder that goes afterwards: a test of the whole way."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import tomlkit

from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.nightly.production import Production
from stepladder.project import identity
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.record import Record
from stepladder.record.address import VARIABLE


@contextmanager
def rehearsal(project: Project, share: float) -> Iterator[Project]:
    """A copy of what is in production, over some of the customers; it publishes nowhere else.

    Who takes part follows from a hash of the id, so it is the same people every time. Raises Problem
    where nobody does.
    """
    production = Production.of(project)
    with scratch() as room:
        copy = room / "rehearsal"
        for name in ("data", "runs", "models", "releases"):
            (copy / name).mkdir(parents=True)
        settings = tomllib.loads(project.settings)
        for spec in project.question.TABLES:
            settings["tables"][spec.name]["cleaned"] = _some(project, spec.name, share, copy)
        settings["nightly"] = {**settings.get("nightly", {}), "publish": []}
        (copy / "question.toml").write_text(tomlkit.dumps(settings), encoding="utf-8")
        with _record_of_its_own(copy):
            _put_into_production(production, copy)
            yield Project.open(copy)


@contextmanager
def _record_of_its_own(copy: Path) -> Iterator[None]:
    """The environment names the real record before any settings do; not to a rehearsal."""
    real = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"sqlite:///{copy / 'stepladder.db'}"
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if real is not None:
            os.environ[VARIABLE] = real


def _some(project: Project, name: str, share: float, copy: Path) -> str:
    """A table with the rows of some customers, or all of it where it is not about customers."""
    case, path = project.question.CASE, project.table(name)
    there = set(case) <= set(pq.read_schema(path).names)
    said = " || '/' || ".join(f"cast({quoted(column)} as varchar)" for column in case)
    bucket = f"md5_number_lower({said}) % 1000000 < {round(share * 1e6)}"
    query = f"select * from {quoted(name)}" + (f" where {bucket}" if there else "")
    table = project.history().sql(query)
    if not table.num_rows:
        raise Problem(
            f"a rehearsal with {share:.2%} of the customers, of whom nobody is in {name}",
            "a rehearsal needs somebody",
            "take a greater share: --rehearse 10%",
        )
    pq.write_table(table, copy / "data" / path.name)
    shutil.copy(path.with_suffix(".json"), copy / "data")
    return f"data/{path.name}"


def _put_into_production(production: Production, copy: Path) -> None:
    """The same release, with what it learnt, and the rungs beside it."""
    project, manifest = production.project, production.release.manifest
    for model in {manifest.model, manifest.reference_model}:
        shutil.copytree(project.folder / "models" / model, copy / "models" / model)
    if (project.folder / "rungs").is_dir():
        shutil.copytree(project.folder / "rungs", copy / "rungs")
    production.release.save(copy)
    # its decision stands in the manifest; the copy's record has none to point to
    record = Record.make(Project.open(copy).address, identity.write(copy, identity.new()))
    record.note(replace(production.shipment, decision=None))
