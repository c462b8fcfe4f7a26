"""Dates as other tools and languages write them, made such as the patterns of texts.py read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.dates.names import (
    ENGLISH,
    folded,
    half_pattern,
    is_month,
    months_of,
    weekdays,
)
from stepladder.tables.dates.zones import ZONE, written

# A clock says nothing of how the rest is written: texts that differ in it alone are made plain once.
_BESIDE = (
    r"^(?P<before>(?:.*[Tt ,])?)(?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)"
    r"(?P<behind>(?:[^\d:.,h].*)?)$"
)
_FIXED = r"^(?P<before>.*?)11:11(?::11(?:\.11)?)?(?P<behind>\D.*)?$"

# What is moved or cut before a clock is looked for; each where the text as a whole is of that form.
_MOVED = (
    (r"^/date\((-?\d+)(?:[+-]\d{4})?\)/$", r"\1"),  # .NET
    (r"""^(?:isodate|timestamp|date|datetime)\(["'](.*)["']\)$""", r"\1"),
    (r"^\[(.*)\]$", r"\1"),
    (r"^(\d{12,19})\.0*$", r"\1"),  # a count that was stored as a fraction
    (r"^(\d{15,16})\d{3}$", r"\1"),  # nanoseconds
    (r"^(\d{1,2}/?[a-z]{3}/?\d{4}):(\d{2}:\d{2}:\d{2})", r"\1 \2"),  # Apache, SAS
    (r"^(\d{4}):(\d{2}):(\d{2}) ", r"\1-\2-\3 "),  # EXIF
    (
        r"^(\d{4}-\d{2}-\d{2})[ t_-]+(\d{2})[.-](\d{2})[.-](\d{2})",
        r"\1 \2:\3:\4",
    ),  # DB2, file names
    (r"^(\d{4})-?(\d{2})-?(\d{2})[t_ ](\d{2})(\d{2})(\d{2})?(\D.*)?$", r"\1-\2-\3 \4:\5:\6\7"),
    (r"^(\d{4}-\d{2}-\d{2})[t ](\d{2})(z|[+-]\d{2}:?\d{2})?$", r"\1 \2:00\3"),
    (r"(\d{2}:\d{2}):( ?\D.*)?$", r"\1\2"),
    (r"(\d{1,2}:\d{2}:\d{2}):(\d{3})", r"\1.\2"),  # SQL Server
    (
        r"^(.*\d) (\d{1,2}:\d{2}:\d{2}) ([^\d+-]*?) ?((?:19|20)\d\d)$",
        r"\1 \4 \2 \3",
    ),  # Unix' date, Java
    (r"^(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.? ?m\.?)?),? (\d.*)$", r"\2 \1"),  # the clock first
    (r"(\d) ?[時时点點시] ?(\d{1,2}) ?[分분] ?(\d{1,2}) ?[秒초]", r"\1:\2:\3"),
    (r"(\d) ?[時时点點시] ?(\d{1,2}) ?[分분]", r"\1:\2"),
    (r"(\d) ?h ?(\d{2}) ?min(?: ?(\d{2}) ?s)?$", r"\1:\2:\3"),
    (r"(\d{1,2}:\d{2}):$", r"\1"),
    (r":(\d)(:|$| ?[ap]\.? ?m)", r":0\1\2"),
    (r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号號]?", r"\1-\2-\3 "),
    (r"(\d{1,2}) (?:thang|thg) (\d{1,2}),? (?:nam )?(\d{4})", r"\3-\2-\1"),
    (r"(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\.(?: |$)", r"\1-\2-\3 "),
    (r" ?(?:\([^)\d]*\)|г\.?|р\.)$", ""),
)
_JOINED = r"(?:at|um|a las|a la|as|à|kl\.?|klo|alle(?: ore)?|ore|om|o|la|в|u|г\.,?(?: в)?|р\.,?)"
_CLOCK = r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?"
_NO_CLOCK_ZONE = r"^(\d{4}-\d{2}-\d{2}) ?(?:z|utc|gmt|[+-]\d{2}:?\d{2})$"
_DAY = r"(\d{1,4}[-/. ]+\d{1,2}[-/. ]+\d{1,4})"
_NUMERIC = re.compile(rf"^([^\d.,]+?)[.,]*\s+{_DAY}$|^{_DAY}[.,]*\s+([^\d.,]+)\.?$")
_TOKEN = re.compile(r"\d+|[^\d\s.,/:()\[\]'’-]+")
_WEEK = re.compile(r"^(\d{4})-?w(\d{2})-?([1-7])$")
_ORDINAL = re.compile(r"^(\d{4})-(\d{3})$")
_SUFFIX = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|o|a|e)\b")


def plain(texts: pa.Array, column: pa.Array) -> pa.Array:
    """Texts that no pattern reads, with digits, blanks, zones and months such as the patterns know.

    `column` are all texts of the column: words for months that are different ones in different
    languages are told by the others.
    """
    parts = pc.extract_regex(texts, _BESIDE)
    alike = parts.is_valid()
    fixed = pc.replace_substring_regex(parts.field("clock"), r"\d+", "11")
    fixed = pc.binary_join_element_wise(parts.field("before"), fixed, parts.field("behind"), "")
    whole = pc.if_else(alike, fixed, texts).dictionary_encode()
    found = _plain(whole.dictionary, column).take(whole.indices)
    ends = pc.extract_regex(found, _FIXED)
    clock = (ends.field("before"), parts.field("clock"), ends.field("behind"))
    put = pc.binary_join_element_wise(*clock, "")
    return pc.if_else(pc.and_(alike, ends.is_valid()), put, found)


def _plain(texts: pa.Array, column: pa.Array) -> pa.Array:
    some = _folded(texts)
    for pattern, other in _MOVED:
        some = pc.replace_substring_regex(some, pattern, other)
    parts = pc.extract_regex(some, _split())
    clock = parts.is_valid()
    day = pc.if_else(clock, parts.field("date"), _only_date(some))
    day = _each(day.combine_chunks() if isinstance(day, pa.ChunkedArray) else day, _written(column))
    return pc.if_else(clock, pc.binary_join_element_wise(day, _clock(parts), " "), day)


def _folded(texts: pa.Array) -> pa.Array:
    """Small letters without accents, ASCII digits and single blanks."""
    ascii_ = pc.string_is_ascii(texts)
    if not pc.all(ascii_).as_py():
        odd = texts.filter(pc.invert(ascii_)).to_pylist()
        whole = unicodedata.normalize("NFKC", "\0".join(one.replace("\0", " ") for one in odd))
        seen = {char for char in set(whole) if not char.isascii()}
        table = {ord(c): str(unicodedata.decimal(c)) for c in seen if c.isdecimal()}
        table |= {ord(c): "" for c in seen if unicodedata.category(c) == "Cf"}
        table |= dict.fromkeys(map(ord, "،、؛"), ",")
        table |= {ord(c): "-" for c in seen if unicodedata.category(c) == "Pd" or c == "\u2212"}
        whole = _ACCENTS.sub("", unicodedata.normalize("NFKD", whole.translate(table)).casefold())
        whole = unicodedata.normalize("NFC", whole).replace("ı", "i").replace("’", "'")
        texts = pc.replace_with_mask(texts, pc.invert(ascii_), pa.array(whole.split("\0")))
    texts = pc.replace_substring_regex(pc.utf8_lower(texts), r"\s+", " ")
    return pc.utf8_trim(texts, " ,;")


_ACCENTS = re.compile("[\u0300-\u036f]")


def _split() -> str:
    am, pm = half_pattern("am"), half_pattern("pm")
    before = rf"(?:(?P<am>{am})\s?|(?P<pm>{pm})\s?)?"
    after = rf"(?:\s?(?P<am2>{am})|\s?(?P<pm2>{pm}))?"
    return (
        rf"^(?P<date>.*?\d.*?)(?:t|[\s,]+)(?:{_JOINED}\s)?{before}(?P<clock>{_CLOCK}){after}"
        rf"(?P<zone>{ZONE})$"
    )


def _clock(parts: pa.Array) -> pa.Array:
    """The clock, before or after noon, and how far it hung from Greenwich."""
    filled = {name: pc.fill_null(parts.field(name), "") for name in ("am", "pm", "am2", "pm2")}
    noon = [pc.not_equal(pc.binary_join_element_wise(filled[a], filled[a + "2"], ""), "")
            for a in ("am", "pm")]  # fmt: skip
    half = pc.if_else(noon[0], " AM", pc.if_else(noon[1], " PM", ""))
    zone = _each(pc.fill_null(parts.field("zone"), ""), lambda texts: [*map(written, texts)])
    return pc.binary_join_element_wise(parts.field("clock"), half, zone, "")


def _only_date(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, _NO_CLOCK_ZONE, r"\1")


def _each(texts: pa.Array, of: Callable[[list[str]], list[str]]) -> pa.Array:
    """The same of each distinct text."""
    whole = pc.fill_null(texts, "").dictionary_encode()
    return pa.array(of(whole.dictionary.to_pylist()), pa.string()).take(whole.indices)


def _written(column: pa.Array) -> Callable[[list[str]], list[str]]:
    def of(days: list[str]) -> list[str]:
        found = [_phrases(text) for text in days]
        words = {word for _, word, _ in found if word}
        if words:
            words |= {word for _, word, _ in map(_phrases, _others(column)) if word}
        known = months_of(words)
        return [
            _named(*one, known) if one[1] else _numbered(text)
            for text, one in zip(days, found, strict=True)
        ]

    return of


def _others(column: pa.Array) -> list[str]:
    """The other texts of a column without their digits: few, since only the months' words differ."""
    short = column.filter(pc.less(pc.utf8_length(column), 100))
    some = pc.replace_substring_regex(short, _DIGITS, "1 ").unique()
    words = pc.replace_substring_regex(_folded(some), _DIGITS, "1 ")
    return list(words.unique()[:10_000].to_pylist())


_DIGITS = r"\d+(?:[:.,]\d+)+|\d"


def _phrases(text: str) -> tuple[list[str], str, list[str]]:
    """The numbers of a text, the words in it for one month, and the other words."""
    tokens = _TOKEN.findall(_SUFFIX.sub("", text))
    numbers = [token for token in tokens if token.isdigit()]
    found = [
        (is_month(word), word not in weekdays(), size, -at, word)
        for size in range(1, 6)
        for at in range(len(tokens) - size + 1)
        if is_month(word := folded(" ".join(tokens[at : at + size])))
    ]
    if not found:
        return numbers, "", tokens
    _, _, size, behind, word = max(found)
    return numbers, word, [*tokens[:-behind], *tokens[size - behind :]]


def _named(numbers: list[str], word: str, others: list[str], known: dict[str, int]) -> str:
    """Day, English month and year; what is in doubt becomes what nobody reads."""
    rest = [one for one in others if not one.isdigit()]
    odd = [one for one in rest if len(one) > 5 and folded(one) not in weekdays()]
    doubt = word in weekdays() and not all(folded(one) in weekdays() for one in rest)
    if len(numbers) != 2 or word not in known or odd or doubt:
        return "?"
    day, year = numbers if len(numbers[0]) < 3 else numbers[::-1]
    if len(day) > 2 or len(year) not in (2, 4):
        return "?"
    return f"{day} {ENGLISH[known[word] - 1]} {year}"


def _numbered(text: str) -> str:
    """Weeks and days of the year as a day, a weekday in front taken away; anything else as it is."""
    text = text.strip(" .,")
    week, ordinal, named = _WEEK.match(text), _ORDINAL.match(text), _NUMERIC.match(text)
    try:
        if week:
            return date.fromisocalendar(*(int(one) for one in week.groups())).isoformat()
        if ordinal:
            day = date(int(ordinal[1]), 1, 1) + timedelta(int(ordinal[2]) - 1)
            return day.isoformat() if str(day.year) == ordinal[1] else text
    except (ValueError, OverflowError):
        return text
    return (named[2] or named[3]) if named and folded(named[1] or named[4]) in weekdays() else text
