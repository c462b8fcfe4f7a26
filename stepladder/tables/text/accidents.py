"""What happens to a text table on its way, undone: quotes, guards and signs that other programs left."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable

from stepladder.tables.findings import Warned

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb'(?m)^"((?:[^"\n]|"")*)"[ \t]*$')  # one quoted value alone
_SHOWN = 200  # lines that show how quotes are written

Said = tuple[Warned, ...]


def undone(text: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The text without what no table means, line by line as before; and what is worth a note.

    These are zero bytes, marks of byte order where files were joined, and pairs of quotes around
    whole lines.
    """
    notes = []
    if b"\x00" in text:
        notes.append(f"{text.count(0):,} zero bytes were taken out of the file.")
        text = text.replace(b"\x00", b"")
    if _BOM in text:
        text = text.replace(b"\n" + _BOM, b"\n").removeprefix(_BOM)
    if _wrapped(text):
        notes.append("Lines stood in one pair of quotes each; these were taken away.")
        text = _LINE.sub(lambda line: line[1].replace(b'""', b'"'), text)
    return text, tuple(notes)


def _wrapped(text: bytes) -> bool:
    """Whether most lines are one quoted value, in which there are as many values as in all others."""
    if b'\n"' not in text:
        return False
    lines = [line for line in text[: 1 << 16].split(b"\n")[: _SHOWN + 1] if line.strip()]
    lines = lines[:-1] if len(text) > 1 << 16 else lines  # the last one may be cut
    if sum(_LINE.fullmatch(line) is not None for line in lines) < len(lines) / 2:
        return False
    inner = [_decoded(_LINE.sub(lambda found: found[1].replace(b'""', b'"'), one)) for one in lines]
    widths = [{_width(line, separator) for line in inner} for separator in ",;\t|"]
    return any(len(one) == 1 and (one.pop() or 0) > 1 for one in widths)


def guarded(text: bytes, separator: str) -> bytes:
    """Excel's guards (`="007"`), put into quotes, so that a separator inside does not end the value."""
    if b'="' not in text or len(separator) != 1:
        return text
    mark = re.escape(separator.encode())
    guard = rb'(?m)(^|%s)=("{1,2})([^"\n]*)\2(?=%s|$)' % (mark, mark)
    return re.sub(guard, rb'\1"=""\3"""', text)


def unspaced(text: bytes, separator: str) -> bytes:
    """The text without blanks between a separator and a quote, where they keep the quote from opening."""
    mark = separator.encode()
    if len(separator) != 1 or mark + b' "' not in text:
        return text
    blank = re.compile(rb'%s +"(?!")' % re.escape(mark))
    lines = _lines_with(text, mark + b' "')
    closed = [_decoded(blank.sub(mark + b'"', line)) for line in lines]
    plain = _plain_lines(text, separator + ' "')
    before = _whole([_decoded(line) for line in lines], plain, separator, None)
    return blank.sub(mark + b'"', text) if _whole(closed, plain, separator, None) > before else text


def unescaped(text: bytes, separator: str) -> tuple[bytes, Said]:
    r"""The text with `\"` written as `""`, where that is how its records are of one width.

    An honest value may end in a backslash (`"C:\"`): the reading that makes more lines whole counts.
    """
    mark = separator.encode()
    if len(separator) != 1 or not _escapes(text, separator):
        return text, ()
    if b'"' not in text:
        # Without a way back (*+): a field is read once, however long it is.
        field = rb"(?m)(?:^|(?<=%s))(?:[^\\\n%s]|\\[^\n])*+" % ((re.escape(mark),) * 2)
        text = re.sub(field, _quoted(mark), text)
    # A zero byte, of which there are none left, holds the place of what was a backslash's pair.
    text = text.replace(b"\\\\", b"\x00").replace(b'\\"', b'""').replace(b"\x00", b"\\")
    sentence = (
        'Quotes and separators behind a backslash (\\") were read as part of the value: only so do '
        "more lines have as many values as the others. Check one of these rows."
    )
    return text, (Warned("escaped-quotes", sentence),)


def _quoted(mark: bytes) -> Callable[[re.Match[bytes]], bytes]:
    """A field in quotes, where it holds a separator behind a backslash; else as it is."""
    sign = b"\\" + mark
    return lambda found: (
        b'"' + found[0].replace(sign, mark) + b'"' if sign in found[0] else found[0]
    )


def _escapes(text: bytes, separator: str) -> bool:
    signs = [one for one in (b'\\"', b"\\" + separator.encode()) if one in text]
    if not signs:
        return False
    lines = [_decoded(line) for line in _lines_with(text, *signs)]
    plain = _plain_lines(text, "\\")
    return _whole(lines, plain, separator, "\\") > _whole(lines, plain, separator, None)


def _lines_with(text: bytes, *signs: bytes) -> list[bytes]:
    """Some of the lines that hold one of the signs, wherever in the text."""
    sign, found, end = re.compile(b"|".join(map(re.escape, signs))), list[bytes](), 0
    while len(found) < _SHOWN and (hit := sign.search(text, end)):
        start, end = text.rfind(b"\n", 0, hit.start()) + 1, text.find(b"\n", hit.end())
        end = len(text) if end < 0 else end
        found.append(text[start:end])
    return found


def _plain_lines(text: bytes, sign: str) -> list[str]:
    """Lines from the beginning that do not hold the sign."""
    return [line for line in _decoded(text[: 1 << 14]).split("\n")[:-1] if sign not in line]


def _whole(lines: list[str], plain: list[str], separator: str, escape: str | None) -> int:
    """How many lines, of these and of plain ones, are as wide as most are."""
    widths = [_width(line, separator, escape) for line in lines]
    others = Counter(_width(line, separator) for line in plain) + Counter(widths)
    others.pop(None, None)
    others.pop(1, None)
    return max(others.values(), default=0)


def _width(line: str, separator: str, escape: str | None = None) -> int | None:
    reader = csv.reader([line], delimiter=separator, escapechar=escape, strict=True)
    try:
        return len(next(reader, []))
    except csv.Error:
        return None


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")
