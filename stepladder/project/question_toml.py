"""The text of question.toml: written for a new project, and brought up to date by a refresh."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import tomlkit

from stepladder.core.ask import so_long
from stepladder.core.question import Question
from stepladder.questions import question_toml as reading

log = logging.getLogger("stepladder")


def written(
    question: str,
    asked: Question,
    made: dict[str, dict[str, Any]],
    days: int,
    settings: str,
    ahead: str = "",
) -> str:
    """A new project's question.toml: what is asked, so many days ahead, of these tables; and `settings`.

    ahead: the horizon as the question counts it, where that is not in days or weeks.
    """
    here = f", here {ahead}" if ahead not in ("", so_long(days)) else ""
    lines = [
        "# What the business asks. Change it, then run: stepladder bakeoff",
        f"question = {_value(question)}",
        f"words = {_value(asked.WORDS)}",
        f'horizon = {days}  # days ahead{here}; "13 weeks" works too',
        "seed = 1",
        "# good_enough = 0.10  # the share of the best rung's gain that a simpler one may give up",
    ]
    lines += ["", settings.strip()]
    for name, table in made.items():
        own = table["choices"]
        choices = {k: v for k, v in own.items() if not isinstance(v, Mapping)}
        lines += ["", f"[tables.{name}]", *_pairs({k: table[k] for k in ("source", "cleaned")})]
        lines += ["", f"[tables.{name}.choices]  # how the cleaner reads it", *_pairs(choices)]
        for part in (k for k in own if k not in choices):  # columns first
            lines += ["", f"[tables.{name}.choices.{part}]", *_pairs(own[part])]
    return "\n".join(lines) + "\n"


def refreshed(
    text: str,
    cleaned: Mapping[str, str],
    today: date,
    question: Question,
    choices: Mapping[str, Mapping[str, Any]],
) -> str:
    """The same text naming each table's new version and the day it was read; all else as it stands.

    `choices` are those of tables for which they were made anew. Keys that stand elsewhere since the file
    was written are taken there; every comment stays.
    """
    document = tomlkit.parse(text)
    for old, new in reading.moved(document, question).items():
        log.warning("question.toml: `%s` has moved to %s; what it says stays as it is", old, new)
    for name, path in cleaned.items():
        table: Any = document["tables"][name]
        table["cleaned"] = path
        table["choices"]["today"] = today.isoformat()
        if name in choices:
            _replace(table["choices"], choices[name])
    return tomlkit.dumps(document)


def changed(text: str, values: Mapping[tuple[str, ...], Any], question: Question) -> str:
    """The same text with other values for some keys, by where they stand; None takes a key out.

    All else stays as it is, every comment too; what stood elsewhere in older files is taken there.
    """
    document: Any = tomlkit.parse(text)
    if values:
        reading.moved(document, question)
    for (*above, key), value in values.items():
        table = document
        for name in above:
            if name not in table:
                if value is None:
                    break
                table[name] = tomlkit.table()
            table = table[name]
        else:
            if value is None:
                table.pop(key, None)
            else:
                table[key] = _inline(value)
    return tomlkit.dumps(document)


def _inline(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    made = tomlkit.inline_table()
    made.update(value)
    return made


def _replace(old: Any, new: Mapping[str, Any]) -> None:
    """The same keys and values as another, touching only those that differ: comments stay."""
    for key in [key for key in old if key not in new]:
        del old[key]
    for key, value in new.items():
        if isinstance(value, Mapping) and isinstance(old.get(key), Mapping):
            _replace(old[key], value)
        elif key not in old or old[key] != value:
            old[key] = dict(value) if isinstance(value, Mapping) else value


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in values.items()]


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    """A JSON text, number or truth is a TOML one too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
