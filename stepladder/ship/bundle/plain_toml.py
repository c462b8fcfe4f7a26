"""Settings as the text of a TOML file: sections, texts, numbers, truths, days and lists of these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any


def toml(settings: Mapping[Any, Any]) -> str:
    """The text; what is None is left out."""
    return "\n".join(_section(settings, ())).strip() + "\n"


def _section(values: Mapping[Any, Any], name: tuple[str, ...]) -> Iterator[str]:
    plain = {k: v for k, v in values.items() if not isinstance(v, Mapping) and v is not None}
    if name and (plain or not values):
        yield f"\n[{'.'.join(map(_key, name))}]"
    yield from (f"{_key(str(key))} = {_value(value)}" for key, value in plain.items())
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _section(value, (*name, str(key)))


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # a JSON text, number or truth is a TOML one too
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
