"""Texts as they may stand in a terminal or a log: what would steer it is shown, never obeyed."""

from __future__ import annotations

import logging
import re
import unicodedata

LAYOUT = "\n\t"
JOINERS = "\u200c\u200d"  # Persian and many emoji are written with them
# escape sequences, bells and carriage returns; C1; what turns the reading direction or is not seen;
# halves of characters, which no terminal takes; separators of lines that only some know
STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")

TURNS = re.compile("[\0\u202a-\u202e\u2066-\u2069]")  # and NUL, which HTML has not


def visible(text: str, lines: bool = True) -> str:
    """The text with every sign that steers a terminal written out, as in \\x1b[31m.

    lines: whether it may have several; else its line ends are written out as well.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = JOINERS + (LAYOUT if lines else "\t")
    return "".join(_written(sign) if sign not in kept and _steers(sign) else sign for sign in text)


def _steers(sign: str) -> bool:
    return unicodedata.category(sign) in STEERING


def _written(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def straight(page: str) -> str:
    """A page in which nothing that somebody wrote turns round what stands beside it."""
    return TURNS.sub("\N{REPLACEMENT CHARACTER}", page)


class Lines(logging.Formatter):
    """A line for each event: when, how grave, what; nothing in it looks like another line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The event on one line."""
        return visible(super().formatMessage(record), lines=False)

    def formatException(self, ei: object) -> str:
        """The traceback below it, each line set in."""
        said = visible(super().formatException(ei))  # type: ignore[arg-type]
        return said.replace("\n", "\n    ")
