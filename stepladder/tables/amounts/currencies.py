"""Which currency is meant by what is written beside a number; the words come from CLDR and ISO 4217."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any

# Codes that are words as well count in capitals only: "12 all" is no price in Albania.
_WORDS = {"all", "top", "cup", "pen", "try", "gel", "mop", "sos", "bam", "mad", "std", "mid"}
_LETTERS_BEHIND = "fr"  # 12 K are thousands, 50 p are pence, 3 L are litres
_SIGNS = r"[-+()*\s]*"
_LONGEST = 80  # what is longer is a sentence, and no currency


def fold(said: str) -> str:
    """A word for a currency without capitals, blanks around it, invisible signs and a last point."""
    said = unicodedata.normalize("NFKC", said)
    said = "".join(one for one in said if unicodedata.category(one) != "Cf").casefold()
    said = re.sub("[’‘ʼʻ′`]", "'", said.replace("-", " "))
    return " ".join(said.split()).rstrip(".")


@lru_cache(1)
def known() -> dict[str, Any]:
    """What `scripts/currencies.py` wrote: words, currencies without cents, the zeros of all scripts."""
    file = files("stepladder.tables.amounts").joinpath("currencies.json")
    return json.loads(file.read_text("utf-8"))


@lru_cache(1)
def _words() -> dict[str, frozenset[str]]:
    return {fold(said): frozenset(codes.split()) for said, codes in known()["words"].items()}


@lru_cache(1)
def _shortest() -> dict[frozenset[str], str]:
    """By the currencies that it may stand for, the shortest sign: "$" also for what is called dollars."""
    order = sorted(known()["words"].items(), key=lambda one: (-len(one[0]), one[0]))
    return {frozenset(codes.split()): said for said, codes in order}


def without_cents(currency: str) -> bool:
    """Whether a currency has no smaller unit, so that what looks like decimals are thousands."""
    return currency in known()["no_cents"]


def is_code(word: str) -> bool:
    """Whether a word is a currency's code of ISO 4217, such as eur."""
    return len(word) == 3 and word.upper() in (_words().get(word.casefold()) or ())


def nearest_code(said: str) -> str | None:
    """The code of the currency that was meant by a word, such as EUR by EURO; None where none is."""
    meant = _words().get(fold(said)) or ()
    if len(meant) == 1:
        return next(iter(meant))
    codes = sorted({code for codes in _words().values() for code in codes})
    near = difflib.get_close_matches(said.upper(), codes, 1, 0.7)
    return near[0] if near else None


def beside(before: str, within: str, after: str) -> tuple[str, str] | None:
    """The sign ("-" or "") and the currency that stand around a number; None if anything else does.

    Two currencies that cannot be the same make the sign "?".
    """
    if max(map(len, (before, within, after))) > _LONGEST:
        return None
    said = [re.fullmatch(f"({_SIGNS})(.*?)({_SIGNS})", part) for part in (before, within, after)]
    signs = [one[1] + one[3] for one in said if one]
    opened = [part.count("(") - part.count(")") for part in signs]
    minus = "".join(signs).count("-") + opened[0]  # brackets around the number, not around (USD)
    if minus not in (0, 1) or any(opened) != (opened == [1, 0, -1]):
        return None
    words = [(one[2], i == 2) for i, one in enumerate(said) if one and one[2]]
    found = [_meant(word, behind) for word, behind in words]
    if not all(found):
        return None
    sign = "-" if minus else ""
    if not found:
        return sign, ""
    codes = frozenset.intersection(*[one for one in found if one])
    return (sign, _name(codes, words[0][0])) if codes else ("?", "")


def _name(codes: frozenset[str], word: str) -> str:
    return next(iter(codes)) if len(codes) == 1 else _shortest().get(codes, fold(word))


@lru_cache(10_000)
def _meant(word: str, behind: bool) -> frozenset[str] | None:
    """The currencies that a word, or two side by side ("USD $"), may stand for."""
    if len(word) > 60:
        return None
    whole = _one(word, behind)
    halves = ((_one(word[:i], behind), _one(word[i:], behind)) for i in range(1, len(word)))
    both = (one & two for one, two in halves if one and two)
    return whole or next((codes for codes in both if codes), None)


def _one(word: str, behind: bool) -> frozenset[str] | None:
    plain = fold(word)
    letter = len(plain) == 1 and plain.isascii() and plain.isalpha()
    if letter and (not word.strip()[:1].isupper() or (behind and plain not in _LETTERS_BEHIND)):
        return None
    if plain in _WORDS and word.strip(". ") != plain.upper():
        return None
    return _words().get(plain)
