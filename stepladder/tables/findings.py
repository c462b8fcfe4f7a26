"""What was found in a table: what was wrong with its rows, and which column serves as which."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was wrong: how often, in a sentence, with up to five examples (line, text)."""

    reason: str
    count: int
    sentence: str
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Warned:
    """Something that whoever gave the table should check: its kind, the same in every version, and words.

    `examples` are what stands in rows: they are told while the source is read, and not written down.
    """

    kind: str
    sentence: str
    examples: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The sentence, with the examples where they are known."""
        such = f" Such as: {', '.join(map(_short, self.examples))}." if self.examples else ""
        return self.sentence + such


@dataclass(frozen=True)
class Mapped:
    """Which source column serves as a canonical one, how sure that is (0 to 1), and why.

    `rivals` are the source columns that might be meant as well, the likeliest first.
    """

    canonical: str
    source: str
    confidence: float
    reason: str
    rivals: tuple[str, ...] = ()


def finding(reason: str, where: Iterable[tuple[int, str]], sentence: str) -> tuple[Finding, ...]:
    """A finding with its first five examples, or nothing if it never happened."""
    found = sorted(where)
    if not found:
        return ()
    examples = tuple((line, _short(text)) for line, text in found[:5])
    return (Finding(reason, len(found), sentence[:1].upper() + sentence[1:] + ".", examples),)


def typed(source: str) -> str:
    """A column's name as a shell takes it, and so that no full stop behind it is taken for its end."""
    quoted = shlex.quote(source) if source else ""
    return f"'{source}'" if quoted.endswith((".", ",", ":", "…")) else quoted


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"
