"""Quotes that open a value and never close it: part of the value, or they would swallow the rows below."""

from __future__ import annotations

import re
from collections import Counter

from stepladder.tables.findings import Warned

_SEEN = 2000  # lines that show how wide rows are
_BELOW = 50  # lines below a quote that show whether they are rows
_ROWS = 0.8
_LEAST = 2  # values; a line of words has a comma or two by chance

Said = tuple[Warned, ...]


class _Quotes:
    """The lines of a text, and what in each stands in quotes."""

    def __init__(self, text: bytes, separator: str) -> None:
        self.lines = text.split(b"\n")
        self.mark = mark = separator.encode()
        end = re.escape(mark)
        self.value = re.compile(rb'(?:^|(?<=%s))"(?:[^"]|"")*"(?=%s|$)' % (end, end))
        self.opened = re.compile(rb'(?:^|(?<=%s))"[^%s]*' % (end, end))
        self.odd = [i for i, line in enumerate(self.lines) if line.count(b'"') % 2]
        plain = [line for line in self.lines[:_SEEN] if line.strip() and line.count(b'"') % 2 == 0]
        widths = Counter(map(self.width, plain))
        self.usual = widths.most_common(1)[0][0] if widths else 0

    def width(self, line: bytes) -> int:
        return (self.value.sub(b"", line) if b'"' in line else line).count(self.mark) + 1

    def strays(self) -> list[int]:
        """The lines whose last quote does not belong to the lines below."""
        found, at = [], 0
        while at < len(self.odd):
            line = self.odd[at]
            if not self.opened.search(self.value.sub(b"", self.lines[line])):
                at += 1
            elif self._stray(line, self.odd[at + 1] if at + 1 < len(self.odd) else None):
                found.append(line)
                at += 1
            else:
                at += 2
        return found

    def _stray(self, line: int, again: int | None) -> bool:
        """Whether a row is whole as it is, and the lines up to the next quote alone are rows too."""
        end = len(self.lines) if again is None else again
        below = self.lines[line + 1 : min(end, line + 1 + _BELOW)]
        if again is not None and not below:
            below = [self.lines[again]]
        below = [one for one in below if one.strip()]
        rows = sum(self.width(one) == self.usual for one in below)
        whole = self.width(self.lines[line]) == self.usual
        return whole and rows >= max(_ROWS * len(below), 1)

    def doubled(self, line: bytes) -> bytes:
        """A line with the values in quotes of their own that begin with one and do not end with one."""
        places = re.compile(b"(%s)|(%s)" % (self.value.pattern, self.opened.pattern))
        return places.sub(lambda one: one[1] or b'"' + one[2].replace(b'"', b'""') + b'"', line)


def closed(text: bytes, separator: str) -> tuple[bytes, Said]:
    """The text with quotes doubled that open a value on one row and meet another only on a later one.

    A value in quotes may go on for lines; then these lines are not as wide as rows are.
    """
    if len(separator) != 1 or b'"' not in text:
        return text, ()
    quotes = _Quotes(text, separator)
    found = quotes.strays() if quotes.usual > _LEAST else []
    if not found:
        return text, ()
    for i in found:
        quotes.lines[i] = quotes.doubled(quotes.lines[i])
    sentence = (
        f"{len(found):,} lines have a quote that opens a value and does not close it, the first on "
        f"line {found[0] + 1}; it was read as part of the value, since the lines below are rows of "
        "their own. Check one of these rows."
    )
    return b"\n".join(quotes.lines), (Warned("stray-quotes", sentence),)
