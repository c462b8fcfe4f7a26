"""1 row has, 2 rows have: what is said of a number agrees with it."""

from __future__ import annotations

import re

_VERBS = {"are": "is", "were": "was", "have": "has", "do": "does"}
_REGULAR = ("count", "differ", "lie", "look", "name", "repeat", "sum", "take")
_VERBS |= {verb: f"{verb}s" for verb in _REGULAR}
_VERB = "|".join(_VERBS)
_ONE = re.compile(
    rf"(?<![\d.,])\b1 (long )?(rows|values|repetitions)( of (?!\d)\S+)?( (?:{_VERB})\b[^.:]*)?"
)


def counted(number: int, word: str) -> str:
    """`1 customer`, `2 customers`, `3 cities`."""
    if number == 1 or word.endswith("s"):
        return f"{number:,} {word}"
    ies = word.endswith("y") and word[-2:-1] not in "aeiou"
    return f"{number:,} {word[:-1]}ies" if ies else f"{number:,} {word}s"


def agreeing(sentence: str) -> str:
    """The sentence, where it says something of `1 rows`, as of one: `1 row has no day and is left out`."""
    return _ONE.sub(_of_one, sentence)


def of_rows(count: int, sentence: str) -> str:
    """A sentence that begins with `Rows`, with how many they are."""
    if not sentence.startswith("Rows "):
        return f"{count:,}  {sentence}"
    return agreeing(f"{count:,} r{sentence[1:]}")


def _of_one(found: re.Match[str]) -> str:
    how, noun, whose, rest = (part or "" for part in found.groups())
    rest = re.sub(rf"^ ({_VERB})\b", lambda m: f" {_VERBS[m[1]]}", rest)
    rest = re.sub(rf"\b(and|they) ({_VERB})\b", _also, rest)
    return f"1 {how}{noun[:-1]}{whose}{rest}"


def _also(found: re.Match[str]) -> str:
    return f"{'it' if found[1] == 'they' else found[1]} {_VERBS[found[2]]}"
