"""Writes the names of the months and of the halves of the day in all CLDR locales to a table.

    pip install babel && python scripts/months.py

The table is frozen: what a word meant when a project was made, it means for ever. Run this only
together with a new version of the cleaner.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from babel import Locale, localedata
from babel.core import get_global

from stepladder.tables.dates.names import HALVES, folded

OUT = Path(__file__).parents[1] / "stepladder/tables/dates/names.json"
_WIDTHS = ("wide", "abbreviated")


def months(locale: Locale) -> dict[str, int]:
    """Each word for a month in a locale; words of few letters or with digits in them tell nothing."""
    found: dict[str, int] = {}
    both: set[str] = set()
    for context in ("format", "stand-alone"):
        for width in _WIDTHS:
            for month, name in locale.months[context][width].items():
                word = folded(name)
                if len(word) < (3 if word.isascii() else 2) or re.search(r"\d", word):
                    continue
                if found.setdefault(word, month) != month:
                    both.add(word)
    if locale.language == "he":  # "in January" is one word
        found |= {"ב" + word: month for word, month in found.items()}
    return {word: month for word, month in found.items() if word not in both}


def halves(locale: Locale, half: str) -> set[str]:
    """The words for before and after noon."""
    found = set()
    for context in locale.day_periods.values():
        for width in ("wide", "abbreviated"):
            found.add(folded(context.get(width, {}).get(half, "")))
    return {word for word in found if len(word) > 1 or not word.isascii()} - {""}


def weekdays(locale: Locale) -> set[str]:
    """The words for the days of the week, which a date may begin with."""
    widths = [locale.days[c][w] for c in ("format", "stand-alone") for w in _WIDTHS]
    return {folded(name) for names in widths for name in names.values()}


def official() -> set[str]:
    """Languages that some state or region uses officially: a shop's system is set to one of these."""
    lands = get_global("territory_languages").values()
    spoken = {
        name.split("_")[0] for land in lands for name, how in land.items() if how["official_status"]
    }
    return spoken | {"en"}


def main() -> None:
    """Languages whose words are the same are written once."""
    allowed, days = official(), set()
    languages: dict[str, dict[str, int]] = {}
    words: dict[str, set[str]] = {half: set() for half in HALVES}
    for name in sorted(localedata.locale_identifiers()):
        locale = Locale.parse(name)
        if locale.language not in allowed:
            continue
        days |= weekdays(locale)
        own = months(locale)
        if own and own not in languages.values():
            languages[name] = own
        for half in HALVES:
            words[half] |= halves(locale, half)
    unclear = words["am"] & words["pm"]
    halves_of_day = {half: sorted(words[half] - unclear) for half in HALVES}
    table = {
        name: [
            " | ".join(sorted(w for w, m in own.items() if m == month)) for month in range(1, 13)
        ]
        for name, own in languages.items()
    }
    lines = ",\n".join(
        f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()
    )
    day = ",\n".join(
        f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in halves_of_day.items()
    )
    day += f',\n "weekdays": {json.dumps(sorted(days), ensure_ascii=False)}'
    OUT.write_text(f'{{\n "months": {{\n{lines}\n }},\n{day}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
