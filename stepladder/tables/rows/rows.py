"""Which rows are dropped and why: each row for the first reason that holds, so the counts add up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.columns.words import TOTALS
from stepladder.tables.findings import Finding, Warned, finding
from stepladder.tables.ids.ids import BLANKS
from stepladder.tables.raw import Raw

Bools = npt.NDArray[np.bool_]

_TOTAL = r"(?i)^\W*(?:grand |sub|sub-|sub )?totals?\b"


class Rows:
    """The rows of a table, and for each the reason for which it was dropped, if any."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.status = np.zeros(raw.table.num_rows, np.int16)
        self.reasons: list[tuple[str, str]] = []
        self.aside: set[int] = set()  # which of the reasons set rows aside
        self.warnings: list[Warned] = list(raw.warnings)

    @property
    def kept(self) -> Bools:
        """Where a row is still there."""
        return np.asarray(self.status == 0)

    def drop(self, where: Bools, reason: str, sentence: str) -> None:
        """Drops the rows that are still there and `where` holds."""
        now = where & self.kept
        if now.any():
            self.reasons.append((reason, sentence))
            self.status[now] = len(self.reasons)

    def put_aside(self, where: Bools, reason: str, sentence: str) -> None:
        """Leaves rows out that can be read but do not count: drops them under a heading of their own."""
        if (where & self.kept).any():
            self.drop(where, reason, sentence)
            self.aside.add(len(self.reasons))

    def warn(self, kind: str, sentence: str, examples: tuple[str, ...] = ()) -> None:
        """Something that whoever gave the table should check; `kind` stays the same for ever."""
        self.warnings.append(Warned(kind, sentence, examples))

    def dropped(self) -> tuple[Finding, ...]:
        """What was dropped, by reason, with examples."""
        return self.raw.lost + self._gone(aside=False)

    def set_aside(self) -> tuple[Finding, ...]:
        """What was set aside, by reason, with examples."""
        return self.raw.aside + self._gone(aside=True)

    def _gone(self, aside: bool) -> tuple[Finding, ...]:
        numbered = enumerate(self.reasons, 1)
        these = [(i, reason) for i, reason in numbered if (i in self.aside) == aside]
        found = [self.found(self.status == i, *reason) for i, reason in these]
        return tuple(one for group in found for one in group)

    def found(self, where: Bools, reason: str, sentence: str) -> tuple[Finding, ...]:
        """A finding about the rows `where` it holds; none if there are none."""
        at = np.flatnonzero(where)
        if not len(at):
            return ()
        first = finding(
            reason, [(int(self.raw.row[i]), self._text(int(i))) for i in at[:5]], sentence
        )[0]
        return (Finding(reason, len(at), first.sentence, first.examples),)

    def _text(self, i: int) -> str:
        row = self.raw.table.slice(i, 1).to_pylist()[0]
        values = [_shown(value) for value in row.values()]
        mark = self.raw.separator
        return (mark if mark and len(mark) == 1 else ", ").join(values)


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    return "" if value is None else str(value)


def header_rows(raw: Raw, sources: list[str], candidates: Bools) -> Bools:
    """Where a row repeats the header."""
    again = candidates.copy()
    for name in sources:
        column = raw.table.column(name)
        if not pa.types.is_string(column.type):
            return np.zeros_like(candidates)
        words = pc.utf8_lower(pc.utf8_trim(pc.fill_null(column, ""), BLANKS))
        again &= pc.equal(words, name.lower()).to_numpy()
    return again


def total_rows(
    raw: Raw, ids: list[str], without: Bools, only_amount: Bools, firms: bool = True
) -> Bools:
    """Where a row sums up others instead of being one.

    It says so in words and lacks an id or a day (`without`), or carries nothing but an amount,
    or is among the last three rows and has the word where its id should be: the word alone where
    there are `firms`, for "Total Tools" is one, and an id that no other row has, for so is "Total".
    """
    total = only_amount & without
    at = np.flatnonzero(without)
    some = raw.table.take(pa.array(at))
    for column in some.columns:
        if len(at) and pa.types.is_string(column.type):
            total[at] |= _says_total(column)
    end = raw.table.slice(max(raw.table.num_rows - 3, 0))
    for name in ids:
        if pa.types.is_string(end.column(name).type):
            says = _only_total(raw.table.column(name)) if firms else _says_total(end.column(name))
            total[len(total) - end.num_rows :] |= says
    return total


def _only_total(column: pa.ChunkedArray) -> Bools:
    """Which of the last three ids are nothing but words for a total, and those of no earlier row."""
    end = column.slice(max(len(column) - 3, 0))
    words = pc.utf8_lower(pc.utf8_trim(pc.fill_null(end, ""), BLANKS + ":=.#*"))
    total = pc.is_in(pc.replace_substring_regex(words, r"[\s-]", ""), pa.array(sorted(TOTALS)))
    if not pc.any(total).as_py():
        return np.zeros(len(end), bool)
    before = column.slice(0, len(column) - len(end)).unique()
    return np.asarray(pc.and_not(total, pc.is_in(end, before)).to_numpy())


def _says_total(column: pa.ChunkedArray) -> Bools:
    encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    text = pc.utf8_lower(pc.utf8_trim(encoded.dictionary, BLANKS + ":=.#*0123456789"))
    bare = pc.replace_substring_regex(text, r"[\s-]", "")
    words = pc.is_in(bare, pa.array(sorted(TOTALS)))
    said = pc.or_(words, pc.match_substring_regex(text, _TOTAL))
    return np.asarray(said.to_numpy(zero_copy_only=False)[encoded.indices.to_numpy()])
