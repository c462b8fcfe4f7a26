"""Bytes of an unknown encoding to UTF-8, and the encoding they were in."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from stepladder.core.errors import Problem

READ_FROM = "A table is read from CSV, .xlsx, .xlsb, .xls, .ods, Parquet or a database."
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = {
    b"PK\x03\x04": "a zip or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"{\\rtf": "a word-processor file",
}
# The common single-byte code pages; the detector's exotic ones win by chance on short texts.
_PAGES = [
    "cp1250",
    "cp1251",
    "cp1253",
    "mac_roman",
    "koi8_r",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "euc_kr",
    "big5",
]
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_SOMETHING = re.compile(rb"[^\x00\r\n\t \xef\xbb\xbf\xff\xfe]")
_HIGH_LINES = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = frozenset("äöüÄÖÜßéèêëÉÈÊàâáãåÀÂÁÃÅæÆçÇîïíìÍÎñÑóòôõøÓÔÕØœŒúùûÚÛýÿ")
_SIGNS = frozenset("€£°–—…•§©®«»‹›“”„‘’¡¿ºª²³½¼´\u00a0")


@dataclass(frozen=True)
class Decoded:
    """A file as UTF-8, its encoding, and the lines on which stray bytes had to be mended."""

    data: bytes
    encoding: str
    mended: tuple[int, ...]


def decode(data: bytes, source: str, encoding: str | None) -> Decoded:
    """Reads a file's bytes as text, whatever encoding it was saved in; Problem if it is no text."""
    if not _SOMETHING.search(data):
        raise Problem(
            f"{source} is empty.",
            "A table needs a header line and rows below it.",
            "Check that the export finished, then give the file again.",
        )
    encoding = encoding or _encoding(data, source)
    if encoding in ("utf-8", "utf-8-sig"):
        return mended(data.removeprefix(codecs.BOM_UTF8), encoding)
    try:
        return Decoded(data.decode(encoding).removeprefix("\ufeff").encode(), encoding, ())
    except (ValueError, LookupError) as error:
        raise Problem(
            f"{source} cannot be read as {encoding}: {error}.",
            "The encoding must be the one in which the file was saved, such as utf-8 or cp1252.",
            "Leave --encoding away to let it be found, or name the right one.",
        ) from None


def _encoding(data: bytes, source: str) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    for magic, what in _NOT_TEXT.items():
        if data.startswith(magic):
            raise _not_text(source, f"is {what}, not a text table")
    wide = _utf16_without_mark(data[:65536])
    if wide:
        return wide
    sample = data[:65536].rstrip(b"\x00")  # as some programs fill up their last block
    if len(_CONTROL.findall(sample)) > len(sample) // 200:
        raise _not_text(source, "is a binary file, not a text table")
    return "utf-8" if _is_utf8(data) else _single_byte(data)


def _is_utf8(data: bytes) -> bool:
    """Whether all of it is UTF-8; piece by piece, for as text it may take four times the memory."""
    if data.isascii():
        return True
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(data), 1 << 24):
            decoder.decode(view[start : start + (1 << 24)], start + (1 << 24) >= len(data))
    except UnicodeError:
        return False
    return True


def cut_sign(data: bytes) -> bool:
    """Whether a file that is UTF-8 elsewhere ends in the midst of a letter."""
    if not data[-1:] >= b"\x80":
        return False
    starts = next((i for i in range(1, 4) if data[-i:][:1] >= b"\xc0"), 0)
    whole = data[:-starts] if starts else data
    return not whole.isascii() and _is_utf8(whole) and not _is_utf8(data)


def _not_text(source: str, what: str) -> Problem:
    return Problem(
        f"{source} {what}.",
        READ_FROM,
        "Save or export the table as CSV (UTF-8), then give that file.",
    )


def _utf16_without_mark(sample: bytes) -> str | None:
    pairs = max(len(sample) // 2, 1)
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = sample[offset::2].count(0) / pairs
        others = sample[1 - offset :: 2].count(0) / pairs
        if zeros > 0.6 and others < 0.05:
            return name
    return None


def _single_byte(data: bytes) -> str:
    sample = b"\n".join(
        match.group() for match, _ in zip(_HIGH_LINES.finditer(data), range(2000), strict=False)
    )
    good = sum(map(len, _SEQUENCE.findall(sample)))
    if good > 0.9 * len(_HIGH.findall(sample)):
        return "utf-8"  # A few stray bytes in what is otherwise UTF-8.
    western = sample.decode("cp1252", "replace")
    name = "cp1252" if _looks_western(western[:200_000]) else _detected(sample)
    try:
        data.decode(name)
    except UnicodeError:
        return "latin-1"  # Knows every byte.
    return name


def _looks_western(text: str) -> bool:
    """In Western text accented letters stand mostly alone, and signs not before a letter."""
    around = [
        (text[i - 1], char, text[i + 1 : i + 2])
        for i, char in enumerate(text)
        if not char.isascii() and i
    ]
    fine = sum(
        (char in _LETTERS and (before.isascii() or after.isascii()))
        or (char in _SIGNS and not (after.isalpha() and char in "£°³²ºª½¼€"))
        for before, char, after in around
    )
    doubled = sum(before in _LETTERS and char != "ß" for before, char, _ in around)
    return fine >= 0.9 * len(around) and doubled <= 0.2 * len(around)


def _detected(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:200_000], cp_isolation=_PAGES).best()
    return best.encoding if best else "cp1252"


def mended(data: bytes, encoding: str = "utf-8") -> Decoded:
    """UTF-8 as it is: stray bytes are read as the Western code page, and their lines are remembered."""
    if _is_utf8(data):
        return Decoded(data, encoding, ())
    pieces = data.decode("utf-8", "surrogateescape")
    lines = pieces.split("\n")
    bad = [i for i, line in enumerate(lines) if not line.isascii() and _has_stray(line)]
    for i in bad:
        lines[i] = re.sub("[\udc80-\udcff]", _western, lines[i])
    return Decoded("\n".join(lines).encode(), encoding, tuple(i + 1 for i in bad))


def _has_stray(line: str) -> bool:
    return re.search("[\udc80-\udcff]", line) is not None


def _western(stray: re.Match[str]) -> str:
    byte = bytes([ord(stray.group()) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeError:
        return byte.decode("latin-1")
