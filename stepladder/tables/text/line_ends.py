"""Where the lines of a text table end: whatever systems wrote them, and files joined of several."""

from __future__ import annotations

import re

from stepladder.tables.text.dialect import records_of, sample_of, separator_of, usual_width

_WITH = re.compile(rb"[^\n]*\r[^\n]*")
_WHOLE = 0.9  # of the pieces of a line are rows, or the sign is part of a value


def one_kind_of_line_end(data: bytes, separator: str | None, version: int) -> bytes:
    r"""The text with `\n` at the end of each line; a lone `\r` within a row becomes a blank."""
    if b"\r" not in data:
        return data
    if b"\n" not in data:
        return data.replace(b"\r", b"\n")
    data = re.sub(rb"\r+\n", b"\n", data) if b"\r\r\n" in data else data.replace(b"\r\n", b"\n")
    if b"\r" not in data or version < 2:
        return data.replace(b"\r", b" ")
    sample = sample_of(data.replace(b"\r", b"\n"))
    mark = separator_of(sample, separator)
    width = usual_width([len(fields) for _, fields in records_of(sample, mark)] or [0])
    return _WITH.sub(lambda line: _cut(line[0], mark, width), data)


def _cut(line: bytes, mark: str, width: int) -> bytes:
    r"""A line with its lone `\r` as line ends, if nearly all of what then are records are as wide as rows."""
    text = line.decode("utf-8", "replace").replace("\r", "\n")
    widths = [len(fields) for _, fields in records_of(text, mark)]
    rows = width > 1 < len(widths) and widths.count(width) >= _WHOLE * len(widths)
    return line.replace(b"\r", b"\n" if rows else b" ")
