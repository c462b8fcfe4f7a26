"""A choice of the cleaner that a sentence names by its flag, said as question.toml has it.

Below here a choice is named by the flag of `stepladder new` that makes it. Whoever reads by frozen
choices has no such flag: `refresh`, the night, a data report that is read next month. What they say goes
through here.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.report import Cleaned, DataReport
from stepladder.tables.sales.beside import ROLES

SWITCHES = {  # flags that nothing follows, and the line of question.toml that says the same
    "--day-first": ("day_order", "day first"),
    "--month-first": ("day_order", "month first"),
    "--mixed-dates": ("day_order", "mixed"),
    "--keep-duplicates": ("duplicates", "keep"),
    "--keep-refunds": ("refunds", "keep"),
    "--keep-strangers": ("strangers", "keep"),
    "--no-time": ("time", "random"),
}
VALUED = {  # flags with a value: the key, and what a value looks like; without one it is but named
    "--by": ("by", r"(?=\S*\w)(?:'[^']*'|[^\s'.;:?!)])+"),
    "--column": ("columns", r"""(?=\S*=)(?:'[^']*'|"[^"]*"|[^\s'"])+"""),
    "--currency": ("currency", r"[^\sa-z.,;:?!)…-]+"),
    "--decimal": ("decimal", r"[.,](?!\w)"),
    "--encoding": ("encoding", r"(?!)"),
    "--every": ("every", r"hour|day|week|month|quarter|year"),
    "--from": ("source", r"(?:\w+=)?FILE"),
    "--from-day": ("from_day", r"\d{4}-\d\d-\d\d"),
    "--gaps": ("gaps", r"zero|unknown"),
    "--only": ("only", r"""(?=\S*=|'[^']*=)(?:'[^']*'|"[^"]*"|[^\s'"])+"""),
    "--rate": ("rates", r"[^\s=]+=(?:…|\d+(?:\.\d+)?)"),
    "--separator": ("separator", r"(?!)"),
    "--sheet": ("sheet", r"[A-Z]+\b"),
    "--to-day": ("to_day", r"\d{4}-\d\d-\d\d"),
    "--top": ("top", r"\d+"),
    "--until": ("to_day", r"\d{4}-\d\d-\d\d"),
    "--value-per": ("value_per", r"order|row"),
    "--wide": ("wide", r"series|periods|no"),
}
NAMED = re.compile(
    r"(?<![\w-])(?P<switch>" + "|".join(SWITCHES) + r")(?![\w-])|"
    + "|".join(
        rf"(?<![\w-])(?P<f{i}>{flag})(?![\w-])(?: (?P<v{i}>{value}))?"
        for i, (flag, (_, value)) in enumerate(VALUED.items())
    )
)  # fmt: skip


class Stands(NamedTuple):
    """A choice in question.toml: its line, its key, and the section that it stands under."""

    line: str
    key: str
    section: str


def frozen(text: str, spec: TableSpec | None, where: bool = True) -> str:
    """The text with every flag of `stepladder new` as the line of question.toml that says the same.

    `where`: whether it is said too where these lines stand. `spec`: the table that the text is about.
    """
    found: list[Stands] = []

    def stands(match: re.Match[str]) -> str:
        one, rest = _stands(match, spec)
        found.append(one)
        return one.line + rest

    said = NAMED.sub(stands, text)
    if not found or not where:
        return said
    bare = said.rstrip(".")
    return f"{bare} ({_place(found)}; then: stepladder refresh){said[len(bare) :]}"


def names_flags(text: str) -> bool:
    """Whether a text names a choice by its flag."""
    return NAMED.search(text) is not None


@contextmanager
def frozen_in_errors(specs: Sequence[TableSpec]) -> Iterator[None]:
    """What is raised inside names choices as question.toml has them."""
    try:
        yield
    except Problem as error:
        spec = next((one for one in specs if one.name == error.table), None)
        spec = spec or (specs[0] if len(specs) == 1 else None)
        given, allowed = (frozen(part, spec, where=False) for part in error.parts()[:2])
        error.reword(given, allowed, frozen(error.remedy, spec))
        raise


def frozen_in_reports(cleaned: Cleaned, spec: TableSpec) -> Cleaned:
    """The same table, its report in words that hold when it is read later."""
    return replace(cleaned, report=frozen_report(cleaned.report, spec))


def frozen_report(report: DataReport, spec: TableSpec) -> DataReport:
    """A report in words that hold when it is read later."""
    warned = [replace(one, sentence=frozen(one.sentence, spec)) for one in report.warnings]
    notes = [frozen(note, spec) for note in report.notes]
    return replace(report, warnings=tuple(warned), notes=tuple(notes))


def _stands(match: re.Match[str], spec: TableSpec | None) -> tuple[Stands, str]:
    """Where a choice stands, and what was behind its flag that belongs to the sentence."""
    table = spec.name if spec else "…"
    section = f"tables.{table}.choices"
    if match["switch"]:
        key, value = SWITCHES[match["switch"]]
        return Stands(f"{key} = {_toml(value)}", key, section), ""
    number = next(i for i in range(len(VALUED)) if match[f"f{i}"])
    flag, value = match[f"f{number}"], match[f"v{number}"]
    key = VALUED[flag][0]
    if flag == "--column" and value:
        return _column(value, table, spec)
    if flag == "--only" and value:
        return _only(value, table)
    if flag == "--rate" and value:
        name, _, rate = value.partition("=")
        return Stands(f"{_key(name)} = {rate}", name, f"{section}.rates"), ""
    if flag == "--by" and value:
        names = shlex.split(value)[0].split(",")
        return Stands(f"{key} = {json.dumps(names, ensure_ascii=False)}", key, section), ""
    if flag == "--top" and value:
        return Stands(f"{key} = {value}", key, section), ""
    if flag == "--from":
        other = (value or "").rpartition("=")[0]
        line = f"{key} = {_toml('FILE')}" if value else key
        return Stands(line, key, f"tables.{other or table}"), ""
    return Stands(f"{key} = {_toml(value)}" if value else key, key, section), ""


def _column(typed: str, table: str, spec: TableSpec | None) -> tuple[Stands, str]:
    bare = typed.rstrip(".,;:?!)")
    pair = " ".join(shlex.split(bare))
    name, _, source = pair.partition("=")
    other, _, name = name.rpartition(".")
    own = {column.name for column in spec.columns} if spec else set()
    beside = name in ROLES and name not in own
    section = f"tables.{other or table}.choices.{'beside' if beside else 'columns'}"
    line = f"{name} = {_toml(source)}" if source or beside else f"{name} left out"
    return Stands(line, name, section), typed[len(bare) :]


def _only(typed: str, table: str) -> tuple[Stands, str]:
    bare = typed.rstrip(".,;:?!)")
    name, _, value = " ".join(shlex.split(bare)).partition("=")
    stands = Stands(f"{_key(name)} = {_toml(value)}", name, f"tables.{table}.choices.only")
    return stands, typed[len(bare) :]


def _place(found: Sequence[Stands]) -> str:
    """Where the lines stand, in words."""
    sections: dict[str, list[str]] = {}
    for one in found:
        sections.setdefault(f"[{one.section}]", []).append(one.key)
    if len(sections) == 1:
        return f"in question.toml, under {next(iter(sections))}"
    each = [f"{' and '.join(dict.fromkeys(keys))} under {at}" for at, keys in sections.items()]
    return f"in question.toml: {', '.join(each)}"


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
