"""What was wrong with the data: counts by reason, examples, and how each column was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from stepladder.report.words import percent
from stepladder.tables.report import MERGED

LOUD = "There is no time"  # so begins the note that makes every figure rosier than life


@dataclass(frozen=True)
class Finding:
    """One thing that was wrong; examples are places in the source, never what stands there."""

    kind: str
    count: str
    sentence: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """One table as it was read."""

    name: str
    source: str
    sentence: str
    findings: tuple[Finding, ...]
    columns: tuple[tuple[str, str, str, str], ...]
    choices: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    fingerprint: str


def loud(data: dict[str, Any]) -> list[str]:
    """What has to be said before anything else: a page whose days were made up is no exam."""
    notes = [note for table in data.values() for note in table["report"].get("notes") or ()]
    return list(dict.fromkeys(note for note in notes if note.startswith(LOUD)))


def read(name: str, table: dict[str, Any]) -> Read:
    """The report of one table, ready for the page."""
    report = table["report"]
    rows, kept = report["rows_read"], report["rows_kept"]
    choices = {k: v for k, v in dict(report.get("choices") or {}).items() if k != "columns"}
    return Read(
        name,
        source(table),
        _sentence(
            name,
            rows,
            kept,
            [f for f in report["dropped"] if f["reason"].endswith(MERGED)],
            sum(found["count"] for found in report.get("set_aside") or ()),
            choices.get("every"),
        ),
        tuple(
            _finding(kind, found, report.get("place", "line"))
            for kind in ("dropped", "set_aside", "changed")
            for found in report.get(kind) or ()
            if not found["reason"].endswith(MERGED)
        ),
        tuple(
            (m["canonical"], m["source"], percent(m["confidence"]), m["reason"])
            for m in report["mapping"]
        ),
        tuple((key.replace("_", " "), str(value)) for key, value in choices.items()),
        tuple(n for n in (*report.get("notes", ()), report.get("last_day_sentence", "")) if n),
        str(table.get("fingerprint", "")),
    )


def _sentence(
    name: str, rows: int, kept: int, merged: list[dict[str, Any]], aside: int, every: str | None
) -> str:
    if merged:
        again = f"{merged[0]['count']:,} rows name an item that another row names already"
        if every:
            again = (
                f"the others are of a series and {every} that another row has, and were added up"
            )
        lost = rows - kept - merged[0]["count"]
        gone = "dropped or set aside" if aside else "dropped"
        more = f"; {lost:,} rows were {gone}, for the reasons named here" if lost else ""
        name = "values" if every else name
        return f"{kept:,} {name} were found in {rows:,} rows: {again}{more}."
    if rows == kept:
        return f"{rows:,} rows were read and every one was kept."
    return (
        f"{rows:,} rows were read and {kept:,} kept; {rows - kept:,} ({percent((rows - kept) / rows)}) "
        f"were {'dropped or set aside' if aside else 'dropped'}, every one for a reason named here."
    )


def source(table: dict[str, Any]) -> str:
    """The source's name without the folders it lies in."""
    said = str(table["report"]["source"])
    return said if "://" in said else PurePath(said).name or said


def _finding(kind: str, found: dict[str, Any], place: str) -> Finding:
    return Finding(
        kind.replace("_", " "),
        f"{found['count']:,}",
        found["sentence"],
        tuple(f"{place} {line:,}" for line, _ in found["examples"]),
    )
