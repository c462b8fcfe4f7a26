"""The words for months and for the halves of the day in the languages of the world."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stepladder.tables.dates.months import MONTHS

HALVES = ("am", "pm")
ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ACCENTS = re.compile("[\u0300-\u036f]")


def folded(text: str) -> str:
    """A word as it is compared: without case, accents, and the dots of what is cut short.

    Capitals do not tell the Turkish i from the other, and few who type write every accent.
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    plain = unicodedata.normalize("NFC", bare).replace("ı", "i")
    return " ".join(re.sub(r"[.’'`׳\u200e\u200f\u061c]", " ", plain).split())


@cache
def _table() -> dict[str, Any]:
    """What scripts/months.py wrote of the Unicode CLDR; read only where dates are odd."""
    return dict(json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8")))


@cache
def _languages() -> dict[str, Mapping[str, int]]:
    return {
        language: {
            word: month for month, line in enumerate(lines, 1) for word in line.split(" | ") if word
        }
        for language, lines in _table()["months"].items()
    }


@cache
def _meanings() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for own in _languages().values():
        for word, month in own.items():
            found.setdefault(word, set()).add(month)
    return {word: frozenset(months) for word, months in found.items()}


def is_month(word: str) -> int:
    """Whether a folded word is a month: 2 in a language of many tables, 1 in some other, else 0."""
    return 2 if word in _KNOWN else int(word in _meanings())


def months_of(words: Collection[str]) -> dict[str, int]:
    """The month of each folded word of a column, where there is no doubt.

    A word that is one month here and another there (listopad is October in Zagreb and November in
    Prague) means what it means in the languages that explain all words of the column.
    """
    known = {word for word in words if is_month(word)}
    fitting = [own for own in _languages().values() if known <= own.keys()]
    found = {}
    for word in known:
        meant = _meanings().get(word, frozenset())
        if word in _KNOWN:
            meant = frozenset({_KNOWN[word]})
        elif len(meant) > 1:
            meant = frozenset(own[word] for own in fitting)
        if len(meant) == 1:
            found[word] = min(meant)
    return found


@cache
def half_pattern(half: str) -> str:
    """The words for "am" or "pm" as a pattern for folded text, with dots and blanks or without."""
    words = sorted({*_table()[half], *_MORE[half]}, key=lambda word: (-len(word), word))
    ends = [r"\b\.?" if word.isascii() else r"\.?" for word in words]
    spaced = [r"\.?\s?".join(map(re.escape, word.split(" "))) for word in words]
    return "|".join(word + end for word, end in zip(spaced, ends, strict=True))


@cache
def weekdays() -> frozenset[str]:
    """The folded words for the days of the week, and the parts of those that are of several."""
    names = _table()["weekdays"]
    return frozenset({*names, *(part for name in names for part in name.split())})


_MORE = {
    "am": ("vorm", "vormittags", "morgens", "de la manana"),
    "pm": ("nachm", "nachmittag", "nachmittags", "abends", "de la noche", "du soir"),
}
# Words of MONTHS that are another month elsewhere; those of scripts/months.py are found there.
UNSURE = ("lip", "lis", "listopad", "listopada")
_KNOWN = {folded(word): month for word, month in MONTHS.items() if word not in UNSURE}
