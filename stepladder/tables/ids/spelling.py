"""One spelling of an id: what only a program or a keyboard wrote otherwise is the same id.

Folded are Unicode's several ways to write one letter, letters that cannot be seen, blanks in a row,
typographers' apostrophes and hyphens, and capitals and wrappings of e-mail addresses, whose case no
mail server minds. Capitals of any other id stay: in a code they tell two things apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.ids.ids import BLANKS, Mended, Texts, says_nothing, texts

Bools = npt.NDArray[np.bool_]

WRITTEN = " as written"  # behind the name of a column
_UNSEEN = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_WIDE = (
    "[\uff01-\uff5e\uff61-\uff9f]"  # full-width ASCII and half-width kana, of East Asian keyboards
)
_APOSTROPHES = "[\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032]"
_QUOTES = "[\u201c-\u201f\u2033\u00ab\u00bb]"
_HYPHENS = "[\u2010-\u2013\u2212\ufe63]"
_NATIVE = "[\u0660-\u0669\u06f0-\u06f9]"  # digits as Arabic and Persian write them
_ADDRESS = (  # with a name in front, in brackets or quotes, as a link, with a stray mark behind
    r"""(?i)^(?:[^@<>]*<|[\s'"(\[]*)\s*(?:mailto:)?\s*"""
    r"([^@<>?]+@[^@<>?]+\.\s*\p{L}[\p{L}\p{N}-]*)"
    r"""\s*(?:\?[^@]*)?[\s>)\]'";,.]*$"""
)
_WHOLE = {".": r"\.0+$", ",": r"[.,]0+$"}  # behind a number that was stored as a fraction
_STRAY = 100  # one number with other decimals among so many is a slip, more are versions


def one_spelling(column: pa.ChunkedArray, decimal: str) -> Texts:
    """A column of ids in one spelling each, and which of the words were written otherwise."""
    ids = texts(_without_exponents(column))
    plain = folded(ids.words)
    whole = _without_fraction(plain, decimal)
    respelt, cut = pc.not_equal(plain, ids.written), pc.not_equal(whole, plain)
    nothing = ids.nothing | says_nothing(whole).to_numpy(zero_copy_only=False)
    mended = (
        Mended("spelling of", "in another spelling; each is written in one way", respelt),
        Mended("fraction in", "ending in .0; the ending was taken away", cut),
    )
    plain = pc.if_else(pa.array(nothing), "", whole)
    return replace(ids, words=plain, nothing=nothing, mended=mended)


def whole_numbers(ids: Texts) -> Texts:
    """Ids that are whole numbers, without what a program put before or behind them: 007 and 7.0 are 7."""
    cut = pc.replace_substring_regex(ids.words, r"^(\d+)\.0{1,2}$", r"\1")
    bare = pc.replace_substring_regex(cut, r"^0+(\d+)$", r"\1")
    mended = (
        Mended(
            "fraction in", "ending in .0; the ending was taken away", pc.not_equal(cut, ids.words)
        ),
        Mended(
            "zeros before",
            "with zeros in front of a whole number; they were taken away",
            pc.not_equal(bare, cut),
        ),
    )
    return replace(ids, words=bare, mended=(*ids.mended, *mended))


def spelt(text: str) -> str:
    """One id as somebody typed it, in the spelling that it has in clean tables."""
    return str(folded(pa.array([text]))[0].as_py())


def also_spelt(case: pa.Table) -> list[pa.Table]:
    """A case's ids as they were typed and, where that is another, in their one spelling."""
    columns = [
        folded(column.combine_chunks()) if pa.types.is_string(column.type) else column
        for column in case.columns
    ]
    other = pa.table(columns, case.schema)
    return [case] if other.equals(case) else [case, other]


def as_written(
    ids: Mapping[str, Texts], clean: Mapping[str, pa.Array], kept: Bools
) -> pa.Table | None:
    """How the ids were written that stand otherwise in the clean columns: each once, beside it.

    Whoever is known by the hash of an id only is recognised by how it was written as well.
    """
    other = np.zeros(len(kept), bool)
    for one in ids.values():
        for mended in one.mended:
            other |= mended.words.to_numpy(zero_copy_only=False)[one.at]
    at = np.flatnonzero(other & kept)
    if not len(at):
        return None
    found = {
        f"{name}{WRITTEN}": one.written.take(pa.array(one.at[at])) for name, one in ids.items()
    }
    found |= {name: clean[name].filter(pa.array(other[kept])) for name in ids}
    return pa.table(found).group_by(list(found), use_threads=False).aggregate([])


def folded(words: pa.Array) -> pa.Array:
    """Words in one spelling, each by itself: the same in every table and at every time."""
    words = _changed(words, pc.invert(pc.string_is_ascii(words)), _letters)
    words = _changed(
        words, pc.match_substring_regex(words, r"\s\s|[\x00-\x1f\x7f]|^\s|\s$"), _blanks
    )
    return _changed(words, pc.match_substring(words, "@"), _addresses)


def _changed(words: pa.Array, where: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The words, changed where the mask holds: most ids need nothing, and are not looked at."""
    if not pc.any(where).as_py():
        return words
    return pc.replace_with_mask(words, where, change(words.filter(where)))


def _letters(words: pa.Array) -> pa.Array:
    words = pc.utf8_normalize(pc.replace_substring_regex(words, _UNSEEN, ""), "NFC")
    wide = pc.match_substring_regex(words, _WIDE)
    words = _changed(words, wide, lambda some: pc.utf8_normalize(some, "NFKC"))
    words = _changed(words, pc.match_substring_regex(words, _NATIVE), _digits)
    for signs, one in ((_APOSTROPHES, "'"), (_QUOTES, '"'), (_HYPHENS, "-"), (r"\p{Z}", " ")):
        words = pc.replace_substring_regex(words, signs, one)
    return words


def _digits(words: pa.Array) -> pa.Array:
    for digit in range(10):
        native = f"[{chr(0x660 + digit)}{chr(0x6F0 + digit)}]"
        words = pc.replace_substring_regex(words, native, str(digit))
    return words


def _blanks(words: pa.Array) -> pa.Array:
    words = pc.replace_substring_regex(words, r"\s+", " ")
    return pc.utf8_trim(pc.replace_substring_regex(words, r"[\x00-\x1f\x7f]", ""), BLANKS)


def _addresses(words: pa.Array) -> pa.Array:
    wrapped = pc.match_substring_regex(words, r"""[\s<>()\[\]'":;,?]|\.$""")
    words = _changed(words, wrapped, _unwrapped)
    address = pc.match_substring_regex(words, r"^[^@\s]+@[^@\s]+\.\p{L}[\p{L}\p{N}-]*$")
    return _changed(words, address, pc.utf8_lower)


def _unwrapped(words: pa.Array) -> pa.Array:
    address = pc.match_substring_regex(words, _ADDRESS)
    return _changed(words, address, _bare)


def _bare(words: pa.Array) -> pa.Array:
    bare = pc.replace_substring_regex(words, _ADDRESS, r"\1")
    return pc.replace_substring_regex(bare, r"\s", "")


def _without_exponents(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers beyond 2^53 that were stored as fractions, as the digits they have left."""
    if not pa.types.is_floating(column.type):
        return column
    finite = pc.if_else(pc.is_finite(column), column, None)
    whole = pc.all(pc.equal(finite, pc.floor(finite))).as_py()
    fits = pc.all(pc.less(pc.abs(finite), 2.0**63)).as_py()
    return pc.cast(finite, pa.int64()) if whole and fits else column


def _without_fraction(words: pa.Array, decimal: str) -> pa.Array:
    """7.0 is 7, unless other numbers of the column have decimals that say something: 2.0 and 2.1."""
    fraction = pc.match_substring_regex(words, rf"^\d+[.{decimal}]\d+$")
    needless = pc.match_substring_regex(words, rf"^\d+{_WHOLE[decimal]}")
    telling = pc.and_(fraction, pc.invert(needless))
    if _count(telling) * _STRAY > _count(needless):
        return words
    cut = _WHOLE[decimal]
    return _changed(words, needless, lambda some: pc.replace_substring_regex(some, cut, ""))


def _count(where: pa.Array) -> int:
    return int(pc.sum(where).as_py() or 0)
