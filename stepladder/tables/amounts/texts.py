"""Amounts as people write them to numbers: signs, currencies, thousands and decimal marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.amounts.currencies import without_cents
from stepladder.tables.amounts.plain import Plain, plain, with_mark

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

_SIGNS = "$€£¥₹₽₩₺₪₴฿¢ +-−–—()"
_LETTERS = r"[^\d\s.,'’$€£¥₹()+−–—-]"
_CODES = (
    r"(?i)^(AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUROS?|EUR|GBP|HKD|HUF|ILS|INR|"
    r"JPY|KRW|MXN|NOK|NZD|PLN|RON|RUB|SEK|SGD|TRY|UAH|USD|ZAR|DM|DEM|FRF|FR|FT|KČ|KR|LEI|RS|"
    r"SFR|TL|ZŁ|ЛВ|РУБ|(?:US|CA|AU|NZ|HK|R)\$?)\.?[\s$€£()+−-]*"
)
_CODES_LAST = (
    r"(?i)[\s$€£()+−-]*" + _CODES.removeprefix("(?i)^").removesuffix(r"[\s$€£()+−-]*") + "$"
)
_NEGATIVE = r"^[^\d]*[-−(]|\d\s*[-−]$|\d[^\d.,]+[-−]$"
_SCIENTIFIC = r"^\d+(?:[.,]\d+)?[eE][-+]?\d+$"
_SIMPLE = r"^-?\d+(?:\.\d+)?$"
# What remains after signs and currencies, for a decimal point; the comma's is its mirror.
_NUMBER = {
    ".": r"^(?:\d+|[1-9]\d{0,2}(?:[,'’ ]\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})?(?:\.\d*)?$",
    ",": r"^(?:\d+|[1-9]\d{0,2}(?:[.'’ ]\d{3})+)?(?:,\d*)?$",
}
# What only one of the two marks explains; 1.234 and 1,234 prove neither.
_PROOF = {
    ".": r",.*\.|,\d+,|^[^,]*\.\d{0,2}$|^[^,]*\.\d{4,}$|^0?\.\d|^\d{4,}\.\d|[ '’]\d{3}\.\d",
    ",": r"\..*,|\.\d+\.|^[^.]*,\d{0,2}$|^[^.]*,\d{4,}$|^0?,\d|^\d{4,},\d|[ '’]\d{3},\d",
}
_OPEN = r"^[1-9]\d{0,2}[.,]\d{3}$"
_MANY, _BARE = 20, 5  # different amounts with a mark, and without
_GROUP = {".": r"^[1-9]\d{0,2}\.\d{3}$", ",": r"^[1-9]\d{0,2},\d{3}$"}


@dataclass(frozen=True)
class Amounts:
    """Texts read as amounts: the numbers (NaN where none), where one was found, and how.

    `written` is True where more than plain digits had to be read, `other` where only the other
    decimal mark makes sense of it. `currency` is "" where none is written, None where none is at all.
    """

    value: Floats
    found: Bools
    written: Bools
    other: Bools
    currency: pa.DictionaryArray | None = None


def read_amounts(texts: pa.Array, decimal: str, worldwide: bool = True) -> Amounts:
    """Reads each text as an amount; a text that is none is NaN and not `found`.

    Without `worldwide` only what the first cleaner knew is read: signs and codes of some countries.
    """
    encoded = _encoded(texts)
    bare = _matches(encoded.dictionary, _SIMPLE) & (decimal == ".")
    read = plain(encoded.dictionary) if worldwide else None
    words = with_mark(read.words, decimal) if read else encoded.dictionary
    simple = _matches(words, _SIMPLE) & (decimal == ".") if read else bare
    unsigned, negative = _unsigned(words, simple)
    value, found = _numbers(unsigned, decimal, simple)
    mirror = "," if decimal == "." else "."
    other = _proven(unsigned, found, mirror) | _thousands(unsigned, read, decimal)
    if other.any():
        others, readable = _numbers(unsigned, mirror, simple & ~other)
        other &= readable
        value, found = np.where(other, others, value), found | other
    value = np.where(negative, -value, value) + 0.0
    at = encoded.indices.to_numpy(zero_copy_only=False)
    currency = _currency(read, found, at) if read else None
    return Amounts(value[at], found[at], (found & ~bare)[at], other[at], currency)


def _currency(read: Plain, found: Bools, at: Codes) -> pa.DictionaryArray | None:
    codes = np.where(found, read.currency, 0)
    if not codes.any():
        return None
    return pa.DictionaryArray.from_arrays(pa.array(codes[at]), pa.array(read.currencies))


def _proven(unsigned: pa.Array, found: Bools, mark: str) -> Bools:
    proven = np.zeros(len(unsigned), bool)
    proven[~found] = _matches(unsigned.filter(pa.array(~found)), _PROOF[mark])
    return proven


def _thousands(unsigned: pa.Array, read: Plain | None, mark: str) -> Bools:
    """Where the mark can only be of thousands, since the currency has no cents: ₩1.200 are 1,200."""
    there = np.zeros(len(unsigned), bool)
    whole = [i for i, one in enumerate(read.currencies) if without_cents(one)] if read else []
    if read and whole:
        there = np.isin(read.currency, whole)
        there[there] = _matches(unsigned.filter(pa.array(there)), _GROUP[mark])
    return there


def decimal_mark(texts: pa.Array) -> tuple[str | None, list[str]]:
    """Which decimal mark the column proves: ".", ",", "ambiguous", or None if none is used."""
    if len(texts) > 200_000:
        mark, examples = decimal_mark(
            texts.take(pa.array(range(0, len(texts), len(texts) // 100_000)))
        )
        if mark in (".", ","):
            return mark, examples
    encoded = _encoded(texts)
    none = np.zeros(len(encoded.dictionary), bool)
    read = plain(encoded.dictionary)
    unsigned, _ = _unsigned(read.words, none)
    weight = np.bincount(encoded.indices.to_numpy(zero_copy_only=False), minlength=len(unsigned))
    count = {}
    for mark, mirror in ((".", ","), (",", ".")):
        shape = _matches(unsigned, _PROOF[mark]) | _thousands(unsigned, read, mirror)
        count[mark] = int(weight[shape & _numbers(unsigned, mark, none)[1]].sum())
    if any(count.values()):
        return (max(count, key=lambda mark: count[mark])), []
    unsure = _matches(unsigned, _OPEN)
    if mark := _groups(unsigned, unsure):
        return mark, []
    examples = encoded.dictionary.filter(pa.array(unsure))[:3].to_pylist()
    return ("ambiguous" if unsure.any() else None), examples


def _groups(unsigned: pa.Array, unsure: Bools) -> str | None:
    """The mark of decimals, where many amounts of four digits and more prove that theirs is of thousands.

    Were they decimals, some would not have just three; were these always three, none would be bare.
    """
    small = _matches(unsigned, r"^[1-9]\d{0,2}$")
    if int(unsure.sum()) < _MANY or int(small.sum()) < _BARE or not (unsure | small).all():
        return None
    marks = [mark for mark in ".," if _matches(unsigned, rf"^\d+[{mark}]\d{{3}}$")[unsure].all()]
    return {".": ",", ",": "."}[marks[0]] if marks else None


def _encoded(texts: pa.Array) -> pa.DictionaryArray:
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return texts.dictionary_encode()


def _matches(texts: pa.Array, pattern: str) -> Bools:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))


def _unsigned(texts: pa.Array, simple: Bools) -> tuple[pa.Array, Bools]:
    """The texts without currency and sign, and where the sign was a minus."""
    negative = _matches(texts, _NEGATIVE)
    plain = pc.utf8_trim(texts, _SIGNS)
    lettered = ~simple
    lettered[lettered] = _matches(plain.filter(pa.array(lettered)), _LETTERS)
    if lettered.any():
        some = pc.replace_substring_regex(plain.filter(pa.array(lettered)), _CODES, "")
        some = pc.utf8_trim(pc.replace_substring_regex(some, _CODES_LAST, ""), _SIGNS)
        plain = pc.replace_with_mask(plain, pa.array(lettered), some)
    return plain, negative


def _numbers(plain: pa.Array, decimal: str, simple: Bools) -> tuple[Floats, Bools]:
    """The plain texts as numbers where the decimal mark allows it, NaN elsewhere."""
    value = np.full(len(plain), np.nan)
    value[simple] = pc.cast(plain.filter(pa.array(simple)), pa.float64()).to_numpy()
    texts = plain.filter(pa.array(~simple))
    scientific = _matches(texts, _SCIENTIFIC)
    fits = (_matches(texts, _NUMBER[decimal]) & _matches(texts, r"\d")) | scientific
    thousands = r"[.'’ ]" if decimal == "," else r"[,'’ ]"
    digits = pc.replace_substring_regex(texts, thousands, "")
    digits = pc.if_else(pa.array(scientific), texts, digits)
    digits = pc.replace_substring(digits, ",", ".")
    value[~simple] = pc.cast(pc.if_else(pa.array(fits), digits, "nan"), pa.float64()).to_numpy()
    return np.where(np.isfinite(value), value, np.nan), np.isfinite(value)
