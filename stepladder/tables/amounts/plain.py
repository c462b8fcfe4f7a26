"""Amounts as people write them to amounts in digits, with the currency said beside."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.amounts.currencies import beside, known

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

SURE = "٫"  # a mark that can only be of decimals, until it is known which mark the others have
_BARE = r"^-?[.,]?\d[\d.,]*$"
# Before the number, the number itself, behind it. A point after letters is theirs: Rs.500 are 500.
_PARTS = r"(?s)^(?P<before>\D*\pL\.|\D*?)(?P<core>[.,٫]?\d(?:.*\d)?[.,]?)(?P<after>\D*)$"
_WITHIN = r"^(?P<whole>.*\d) ?(?P<sign>\p{Sc}) ?(?P<cents>\d\d)$"  # 12€50
_NO_CENTS = r"(\d) ?[.,:/] ?[-=]{1,2}( ?[^\d=-]*)$"  # 12,- and 12.– and 500/-
_ZERO = r"^[^\d-]{0,20}-{1,2}[^\d-]{0,20}$"  # how bookkeepers write nothing: "$ -"
_REWRITTEN = (  # in text that is not ASCII
    (r"[’‘ʼʻ′´`＇]", "'"),  # before NFKC, which makes two signs of some of them
    (r"[‐‑‒–—―−➖﹣－⁻]", "-"),
    (r"[٬⹁]", "'"),
    (r"^([^،]*,[^،]*)،([^،,]*)$", r"\1٫\2"),  # beside commas that part thousands
    (r"[،、，]", ","),
)
# Groups that are not all of three: 1.23.456,00 in India, 12,3456.00 in China and Japan.
_GROUPS = ((",", r"\."), (r"\.", ","), ("[' ]", "[.,٫]"), ("[.,]", SURE))
_UNEVEN = {
    group: rf"^-?\d{{1,4}}(?:{group}\d{{4}})+{mark}\d*$|^-?\d{{1,4}}(?:{group}\d{{4}}){{2,}}$"
    + ("" if group == "," else rf"|^-?\d{{1,2}}(?:{group}\d\d)+{group}\d{{3}}(?:{mark}\d*)?$")
    for group, mark in _GROUPS
}


@dataclass(frozen=True)
class Plain:
    """Texts with nothing but digits and marks where they were understood, else as they were.

    `currency` says for each which of `currencies` is written beside it; the first of these is "".
    """

    words: pa.Array
    currency: Codes
    currencies: list[str]


def plain(texts: pa.Array) -> Plain:
    """Takes currencies, blanks, entities and foreign digits out of distinct texts; see `Plain`."""
    currency, currencies = np.zeros(len(texts), np.int32), [""]
    odd = ~_matches(texts, _BARE)
    if odd.any():
        some = _visible(texts.filter(pa.array(odd)))
        some, currency[odd], currencies = _without_currency(some)
        texts = pc.replace_with_mask(texts, pa.array(odd), some)
    return Plain(_even(texts), currency, currencies)


def with_mark(words: pa.Array, decimal: str) -> pa.Array:
    """Plain words in which the mark that can only be of decimals is written as the others are."""
    return _where(words, SURE, lambda some: _rewrite(some, (("[.,]", "'"), (SURE, decimal))))


def _visible(texts: pa.Array) -> pa.Array:
    """Without entities and invisible signs, in ASCII digits, blanks, dashes and apostrophes."""
    texts = _where(texts, r"&#?\w+;", lambda some: _each(some, html.unescape))
    texts = _where(texts, r"[^\x00-\x7f]", _in_ascii)
    texts = pc.utf8_trim(pc.replace_substring_regex(texts, r"[\s\pZ\x00]+", " "), " ")
    texts = pc.replace_substring_regex(texts, r"^'(\PL)", r"\1")  # Excel's sign for text
    return pc.replace_substring_regex(texts, _NO_CENTS, r"\1\2")


def _in_ascii(texts: pa.Array) -> pa.Array:
    """Raised digits are left: 12⁵⁰ is not 1250."""
    texts = _rewrite(texts, ((r"\p{Cf}", ""), *_REWRITTEN))
    whole = _matches(texts, r"\p{No}")
    texts = pc.if_else(pa.array(whole), texts, pc.utf8_normalize(texts, "NFKC"))
    return _where(texts, r"[^\P{Nd}0-9]", _digits)


def _digits(texts: pa.Array) -> pa.Array:
    zeros = known()["zeros"]
    every = {digit: "".join(chr(ord(zero) + digit) for zero in zeros) for digit in range(10)}
    return _rewrite(texts, ((f"[{every[digit]}]", str(digit)) for digit in every))


def _without_currency(texts: pa.Array) -> tuple[pa.Array, Codes, list[str]]:
    """Sign and number alone where currencies, signs and brackets are all there is beside them."""
    parts = pc.extract_regex(texts, _PARTS)
    there = parts.is_valid()
    before, core, after = (pc.fill_null(parts.field(i), "") for i in range(3))
    core, within = _inner(core)
    around = pc.binary_join_element_wise(before, within, after, "0").dictionary_encode()
    meant = [beside(*one.split("0")) for one in around.dictionary.to_pylist()]
    at = around.indices.to_numpy(zero_copy_only=False)
    currencies = ["", *sorted({one[1] for one in meant if one} - {""})]
    codes = np.array([currencies.index(one[1]) if one else 0 for one in meant], np.int32)[at]
    signs = pa.array([one[0] if one else None for one in meant], pa.string()).take(pa.array(at))
    words = pc.if_else(pc.equal(signs, "?"), "?", pc.binary_join_element_wise(signs, core, ""))
    understood = pc.and_(there, signs.is_valid())
    codes[~understood.to_numpy(zero_copy_only=False)] = 0
    words = pc.if_else(understood, words, texts)
    return _where(words, _ZERO, lambda some: _each(some, _nothing)), codes, currencies


def _inner(core: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The number, and the currency where it stands in the place of the decimal mark."""
    parts = pc.extract_regex(core, _WITHIN)
    whole, sign, cents = (parts.field(i) for i in range(3))
    there = parts.is_valid()
    number = pc.binary_join_element_wise(whole, cents, SURE)
    return pc.if_else(there, number, core), pc.if_else(there, sign, "")


def _nothing(text: str) -> str:
    """A currency and a dash are zero; a dash alone is nothing at all."""
    before, _, after = text.partition("-")
    found = beside(before, "", after.strip("-"))
    return "0" if found and found[1] else text


def _even(words: pa.Array) -> pa.Array:
    """Without the thousands marks where these are not three digits apart."""
    for group, mark in _GROUPS:
        even = ((group, ""), (mark, SURE))
        words = _where(words, _UNEVEN[group], partial(_rewrite, patterns=even))
    return words


def _where(texts: pa.Array, pattern: str, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The texts, changed where they match a pattern."""
    where = pc.match_substring_regex(texts, pattern)
    if not pc.any(where).as_py():
        return texts
    return pc.replace_with_mask(texts, where, change(texts.filter(where)))


def _rewrite(texts: pa.Array, patterns: Iterable[tuple[str, str]]) -> pa.Array:
    for pattern, new in patterns:
        texts = pc.replace_substring_regex(texts, pattern, new)
    return texts


def _each(texts: pa.Array, change: Callable[[str], str]) -> pa.Array:
    return pa.array([change(one) for one in texts.to_pylist()], pa.string())


def _matches(texts: pa.Array, pattern: str) -> Bools:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))
