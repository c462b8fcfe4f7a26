"""Tables in memory: a project's sources are read again every night, so each lies where it can be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from stepladder.core.errors import Problem

PLACES = (str, os.PathLike)
KEEP = (  # how rows in memory are written down, by what they have
    ("to_parquet", "{}.to_parquet('{}.parquet')"),
    ("write_parquet", "{}.write_parquet('{}.parquet')"),
    ("combine_chunks", "pyarrow.parquet.write_table({}, '{}.parquet')"),
    ("keys", "pyarrow.parquet.write_table(pyarrow.table({}), '{}.parquet')"),
    ("append", "pyarrow.parquet.write_table(pyarrow.Table.from_pylist({}), '{}.parquet')"),
)


def refuse_frames(source: Any, names: Iterable[str]) -> None:
    """Raise Problem where rows are given, and no place that they are read from."""
    first, names = next(iter(names)), set(names)
    if isinstance(source, PLACES):
        return
    if not isinstance(source, Mapping) or not (names & set(source)):
        given = {first: source}
        if isinstance(source, Mapping) and all(isinstance(one, PLACES) for one in source.values()):
            return  # places, of tables that are not known: told by their names
    else:
        given = dict(source)
    for name, one in given.items():
        if not isinstance(one, PLACES):
            raise _in_memory(one, name)


def _in_memory(given: Any, name: str) -> Problem:
    kind = type(given)
    called = kind.__qualname__
    if kind.__module__ != "builtins":
        called = f"{kind.__module__.partition('.')[0].lstrip('_')}.{called}"
    ways = [way for has, way in KEEP if hasattr(given, has)]
    how = f": {ways[0].format('rows', name)}" if ways else ""
    return Problem(
        f"{name} is given as rows in memory, a {called}",
        "a source is a file, a folder, or a table by its URL: it is read again by refresh and every night",
        f"write them into a file and give its name, such as '{name}.parquet'{how}",
    )
