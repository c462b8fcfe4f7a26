"""Which table the files at a place are: Delta's, Iceberg's, or Parquet files that are nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from stepladder.core.errors import Problem
from stepladder.tables.raw import Raw
from stepladder.tables.sources.datasets import data_files, is_dataset, read_dataset
from stepladder.tables.sources.held import numbered
from stepladder.tables.sources.places import S3, Entry, Place, listing, local

# What tells a table whose log says which of its files count: to read all would bring back the dead.
_MARKS = (
    ("Delta", re.compile(r"(?:^|(.*)/)_delta_log/[^/]")),
    ("Iceberg", re.compile(r"(?:^|(.*)/)metadata/(?:[^/]+\.metadata\.json|version-hint\.text)$")),
    ("Hudi", re.compile(r"(?:^|(.*)/)\.hoodie/")),
)


def marks(paths: Iterable[str]) -> dict[str, str]:
    """Folders of tables with a log of their own, and whose they are, by the paths of files."""
    found: dict[str, str] = {}
    for path in paths:
        for kind, mark in _MARKS:
            if there := mark.match(path):
                found.setdefault(there[1] or "", kind)
    return found


def read_folder_as_table(folder: Path) -> Raw | None:
    """The table that a folder's files are; None where each file is for itself, as photos are."""
    place = local(folder)
    found = listing(place)
    return _read(place, found, marks(one.path for one in found), "")


def read_prefix(place: Place, source: str) -> Raw:
    """The table below an address of S3. Raises Problem where there is none."""
    found = listing(place)
    asked = (S3.match(source) or [""])[1] or ""
    raw = _read(place, found, marks(one.path for one in found), asked)
    if raw is not None:
        return raw
    files = [one.path for one in data_files(found)]
    raise Problem(
        f"{place.shown} holds "
        + (
            f"{files[0]} beside {len(files) - 1:,} other objects"
            if files
            else "no object with rows"
        ),
        "a prefix is read as one table where its objects are Parquet, or a Delta or Iceberg table's; "
        "of CSV, one object is",
        "give the address of one object" if files else "check the address",
    )


def _read(place: Place, found: Sequence[Entry], lakes: dict[str, str], asked: str) -> Raw | None:
    kind = lakes.get("")
    if asked and (kind or "").lower() != asked:
        raise Problem(
            f"{place.shown} is no table of {asked.capitalize()}'s",
            "such a table has a folder with its log: _delta_log, or metadata with *.metadata.json",
            "check the address, or write it without what stands before s3://",
        )
    if kind == "Delta":
        from stepladder.tables.sources.delta import read_delta

        return numbered(read_delta(place), place.shown)
    if kind == "Iceberg":
        from stepladder.tables.sources.iceberg import read_iceberg

        return numbered(read_iceberg(place, found), place.shown)
    if kind or lakes:
        raise _a_lake_inside(place, lakes)
    if not is_dataset(data_files(found)):
        return None
    refuse_within(place)
    return numbered(read_dataset(place, found), place.shown)


def _a_lake_inside(place: Place, lakes: dict[str, str]) -> Problem:
    at, kind = next(iter(sorted(lakes.items())))
    if kind == "Hudi":
        return _of_a_lake(f"{place.shown.rstrip('/')}/{at}".rstrip("/"), kind)
    return Problem(
        f"{place.shown} holds a table of {kind}'s at {at}",
        "such a table is read by its log: some of its files are not in use any more",
        f"give it alone: {place.shown.rstrip('/')}/{at}",
    )


def refuse_within(place: Place) -> None:
    """Raise Problem where a folder or file lies within a table that has a log of its own."""
    for above in PurePosixPath(place.path).parents:
        if str(above) in (".", "/"):
            return
        for kind, names in (("Delta", "_delta_log"), ("Hudi", ".hoodie"), ("Iceberg", "metadata")):
            if _has(place, f"{above}/{names}", kind):
                raise _of_a_lake(place.shown, kind)


def refuse_inside(names: Iterable[str], shown: str) -> None:
    """Raise Problem where a zip holds a table that has a log of its own."""
    if lakes := marks(names):
        raise _of_a_lake(shown, next(iter(lakes.values())))


def _has(place: Place, folder: str, kind: str) -> bool:
    import pyarrow.fs

    try:
        found = place.files.get_file_info(pyarrow.fs.FileSelector(folder, allow_not_found=True))
    except OSError:  # who may not look there is told of it where it is read
        return False
    if kind != "Iceberg":
        return bool(found)
    return any(one.base_name.endswith((".metadata.json", "version-hint.text")) for one in found)


def _of_a_lake(shown: str, kind: str) -> Problem:
    return Problem(
        f"{shown} is part of a table of {kind}'s",
        "such a table is read by its log (Delta's and Iceberg's are): some of its files are not in use "
        "any more, and rows of others are deleted",
        "write its latest version as Parquet, and give that"
        if kind == "Hudi"
        else "give the folder that holds _delta_log or metadata",
    )
