"""A day's predictions as a file that others may rely on, and noted in the record."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from stepladder.core.files import write
from stepladder.nightly.production import Production
from stepladder.record import Shipment, Stored
from stepladder.release.release import Release
from stepladder.release.ship import in_production, refitted


def note(
    production: Production, day: date, release: Release, predicted: Path, output: Path
) -> None:
    """Note the predictions, put a newly fitted release into production, then make the file visible.

    The file comes last: it says that all the rest is done. Whatever is noted twice counts once.
    """
    project = production.project
    body = predicted.read_bytes()
    digest, where = hashlib.sha256(body).hexdigest(), output.relative_to(project.folder).as_posix()
    question = project.ask.question
    there = {(s.path, s.sha256) for s in project.record.predictions(question)}
    if (where, digest) not in there:
        rows = _rows(predicted)
        project.record.store_prediction(
            Stored(
                question, release.manifest.rung, day.isoformat(), where, digest, rows, release.hash
            )
        )
    current = in_production(project)
    if day == project.now() and current.release != release.hash and _same_line(production, current):
        refitted(project, release, production.shipment)
    write(output, body)


def _same_line(production: Production, current: Shipment) -> bool:
    """Whether nothing else was shipped by hand while this run was at work."""
    return current.id == production.shipment.id or current.kind == "refit"


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
