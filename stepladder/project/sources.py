"""Which source a question's tables come from, and which of their columns were named for which table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.project.frames import refuse_frames
from stepladder.tables import Choices, TableSpec
from stepladder.tables.raw import SHAPE
from stepladder.tables.sources.address import without_password

Source = str | PathLike[str]


def given(question: str, texts: Sequence[str]) -> dict[str, str]:
    """Each `--from` as table and source: NAME=SOURCE where NAME is one of the question's tables.

    Anything else is the first table's source, whatever signs are in it. Raises Problem.
    """
    tables = [spec.name for spec in questions.load(question).TABLES]
    found: dict[str, str] = {}
    for text in texts:
        name, equals, source = text.partition("=")
        if not (equals and name in tables):
            name, source = tables[0], text
            _refuse_slips(text, tables)
        if name in found or not source:
            raise Problem(
                f"--from {without_password(text)}",
                f"each table has one source, here {', '.join(tables)}",
                f"give --from {name}=FILE once"
                + "".join(f", and --from {other}=FILE" for other in tables if other != name),
            )
        found[name] = source
    return found


def _refuse_slips(text: str, tables: list[str]) -> None:
    name, _, source = text.partition("=")
    if re.fullmatch(r"\w+", name) and not Path(text).exists() and source and Path(source).exists():
        raise Problem(
            f"--from {text}",
            f"the question has no table {name!r}; its tables are: {', '.join(tables)}",
            f"name one of them, such as --from {tables[-1]}={source}",
        )


def by_table(specs: Sequence[TableSpec], source: Source | Mapping[str, Source]) -> dict[str, str]:
    """The source of each table that has one of its own. Raises Problem where one is needed."""
    names = [spec.name for spec in specs]
    refuse_frames(source, names)
    given = source if isinstance(source, Mapping) else {names[0]: source}
    found = {name: str(place) for name, place in given.items()}
    if unknown := [name for name in found if name not in names]:
        raise Problem(
            f"a source is given for {unknown[0]!r}",
            f"the tables of the question are: {', '.join(names)}",
            "name one of these",
        )
    for spec in specs:
        if spec.name not in found and spec.within not in found and not spec.optional:
            raise Problem(
                f"no source is given for {spec.name}",
                f"the question needs the tables {', '.join(names)}",
                f"give it with --from {spec.name}=FILE",
            )
    return found


def sheets_by_table(
    specs: Sequence[TableSpec], given: str | Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Each table's sheet of its workbook: TABLE=SHEET, or the first table's. Raises Problem."""
    names = [spec.name for spec in specs]
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        texts = [given] if isinstance(given, str) else list(given or ())
        parted = [(text, *text.partition("=")) for text in texts]
        pairs = [(n, s) if e and n in names else (names[0], text) for text, n, e, s in parted]
    for name, sheet in pairs:
        if name not in names or not sheet or [one for one, _ in pairs].count(name) > 1:
            raise Problem(
                f"--sheet {name}={sheet}",
                f"each table is read from one sheet, here {', '.join(names)}",
                f"give --sheet SHEET once, or --sheet {names[-1]}=SHEET",
            )
    return dict(pairs)


def columns_by_table(
    specs: Sequence[TableSpec], columns: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Named columns by table: "items.title" is that table's, "title" the first one's that has it."""
    found: dict[str, dict[str, str]] = {spec.name: {} for spec in specs}
    for key, source in columns.items():
        table, dot, name = key.partition(".")
        if not (dot and table in found):
            having = [spec.name for spec in specs if key in (c.name for c in spec.columns)]
            table, name = (having or [specs[0].name])[0], key
        found[table][name] = source
    return found


def shapes_by_table(
    specs: Sequence[TableSpec], choices: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What was said of each table's form: "items.kind" is a column of that table, "kind" of the first.

    Numbers of periods and wide tables are said of the tables that have series, where there are any.
    """
    found: dict[str, dict[str, Any]] = {spec.name: {"only": {}} for spec in specs}
    for key, wanted in (choices.get("only") or {}).items():
        table, dot, name = key.partition(".")
        if not (dot and table in found):
            table, name = specs[0].name, key
        found[table]["only"][name] = wanted
    regular = [spec.name for spec in specs if spec.regular] or [specs[0].name]
    for name in regular:
        found[name] |= {one: choices[one] for one in SHAPE if one in choices and one != "only"}
    return found


def serving(choices: Choices, names: Sequence[str]) -> set[str]:
    """Which of a source's columns serve a table."""
    factors = {part.strip() for source in choices.columns.values() for part in source.split("*")}
    return {*factors, *choices.columns.values()}.intersection(names)
