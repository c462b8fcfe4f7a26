"""A key of question.toml that is not known: on which line it stands, and which one may be meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_origin

from pydantic import BaseModel

from stepladder.core.ask import Ask, parts
from stepladder.core.question import Question

NAME = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
NAMES = rf"{NAME}(?:\s*\.\s*{NAME})*"
HEADER = re.compile(rf"\s*\[{{1,2}}\s*({NAMES})\s*\]{{1,2}}\s*(?:#.*)?")
PAIR = re.compile(rf"\s*({NAMES})\s*=")
HERE, THERE = 0.6, 0.8  # how alike a name must be, in this section and in another
NEARER = 0.05  # by so much a name elsewhere must be more alike than one of this section
Place = tuple[tuple[str, ...], bool]  # the names that lead to a key, and whether it is a section


def line(text: str, keys: Sequence[str]) -> int:
    """The line where the key stands; that of what it stands in, or the first, where it is not found."""
    section: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {(): 1}
    for number, said in enumerate(text.splitlines(), 1):
        if match := HEADER.fullmatch(said):
            found = section = _names(match[1])
        elif match := PAIR.match(said):
            found = (*section, *_names(match[1]))
        for end in range(1, len(found) + 1 if match else 0):
            lines.setdefault(found[:end], number)
    above = (tuple(keys[:end]) for end in range(len(keys), -1, -1))
    return next(lines[key] for key in above if key in lines)


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(NAME, dotted))


def remedy(
    keys: Sequence[str], value: Any, known: Sequence[str], question: Question | None, asked: str
) -> str:
    """What to do about a key that is not known in its section: another name, or another section."""
    name, section = keys[-1], isinstance(value, Mapping)
    here = max(known, key=lambda one: _alike(name, one), default="")
    away = [path for path, other in _places(question, asked) if other == section]
    there = max(away, key=lambda path: _alike(name, path[-1]), default=("",))
    near, far = _alike(name, here), _alike(name, there[-1])
    if near >= HERE and near + NEARER >= far:
        written = f"[{'.'.join([*keys[:-1], here])}]" if section else f"`{here}`"
        return f"did you mean {written}? else remove it"
    if far < THERE:
        return "correct its name, or remove it"
    if section:
        return f"did you mean [{'.'.join(there)}]? else remove it"
    home = f"in [{'.'.join(there[:-1])}]" if there[:-1] else "at the top, above the first [section]"
    return f"`{there[-1]}` belongs {home}: move it there, or remove it"


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _places(question: Question | None, asked: str) -> Iterator[Place]:
    """Every key that a question.toml may have, as it is written there."""
    yield from _inside(Ask, ())
    if question is None:
        return
    yield (asked,), True
    for path, section in _inside(question.Settings, ()):
        yield (path if path[0] in question.Settings.sections() else (asked, *path)), section


def _inside(part: type[BaseModel], above: tuple[str, ...]) -> Iterator[Place]:
    for name, field in part.model_fields.items():
        if name == "settings":  # a word of ours
            continue
        within, many = parts(field.annotation), get_origin(field.annotation) is dict
        yield (*above, name), bool(within) or many
        if within:
            yield from _inside(within[0], (*above, name, *["NAME"] * many))
