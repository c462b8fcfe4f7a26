"""The project as it goes into a bundle: what production needs, and nothing that is a secret."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import tomlkit

from stepladder.core.ask import ANSWERED, Ask
from stepladder.project.folder import Project
from stepladder.questions.question_toml import parse
from stepladder.record import Record, address
from stepladder.release.release import Release
from stepladder.release.ship import in_production
from stepladder.service import published

ELSEWHERE = "not-in-the-bundle"  # where the tables came from is nobody's business there
RECORD = "sqlite:///stepladder.db"


def write(project: Project, release: Release, folder: Path) -> None:
    """Write the project: its question as it was shipped, cleaned tables, release, predictions, record."""
    for part in ("data", "models", "rungs"):
        (folder / part).mkdir(parents=True)
    ask = _asked(project, release)
    said = tomlkit.dumps(ask.model_dump(exclude_defaults=True, exclude_none=True))
    text = f"# Bundled from release {release.hash[:12]}\n{said}"
    assert parse(text) == ask
    (folder / "question.toml").write_text(text, encoding="utf-8")
    _copy_tables(project, folder)
    release.save(folder)
    for model in {release.manifest.model, release.manifest.reference_model}:
        shutil.copytree(release.home / model, folder / "models" / model)
    if not release.manifest.ours:
        release.rung(folder / "rungs")  # writes its file
    _record(project, release, folder)


def _asked(project: Project, release: Release) -> Ask:
    """The question that was shipped, without addresses of sources, of the record, or of other databases."""
    tables = {
        name: table.model_copy(update={"source": ELSEWHERE})
        for name, table in project.ask.tables.items()
    }
    kept = {name: getattr(release.ask, name) for name in ANSWERED}
    nightly = project.ask.nightly.model_copy(update={"publish": ()})
    return project.ask.model_copy(
        update={**kept, "tables": tables, "record": RECORD, "nightly": nightly}
    )


def _copy_tables(project: Project, folder: Path) -> None:
    for spec in project.question.TABLES:
        target = folder / project.ask.tables[spec.name].cleaned
        shutil.copyfile(project.table(spec.name), target)
        report = {**project.data_report(spec.name), "source": ELSEWHERE}
        target.with_suffix(".json").write_text(json.dumps(report, indent=1))


def _record(project: Project, release: Release, folder: Path) -> None:
    """A record of its own: the decision, the shipment and the predictions, and no tokens."""
    record, question = Record.open(address(RECORD, folder)), project.ask.question
    shipment, decided = in_production(project), release.manifest.decision
    number = None
    if decided:
        number = record.decide(
            question, decided["rung"], by=decided["by"], because=decided["because"]
        )
    record.note(replace(shipment, decision=number))
    if latest := published.latest(project):
        target = folder / latest.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(published.intact(project, latest))
        record.store_prediction(latest)
