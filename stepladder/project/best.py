"""The best so many of everybody, found part after part: nothing holds what is said of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stepladder.core.stats import Floats

Ints = np.ndarray


@dataclass
class Best:
    """Those who are in the lead so far, their places among all answers, and who of them comes by lot.

    top: how many places there are. ticket: what a case draws its lot by, from its row; only where more
    are expected to bring exactly the same than there are places left, the lowest tickets have them.
    """

    top: int
    ticket: Callable[[pa.Table], list[str]]

    def __post_init__(self) -> None:
        self._values: Floats = np.empty(0)
        self._at: Ints = np.empty(0, np.int64)
        self._cases: pa.Table | None = None
        self._gone = 0  # how many as good as the last one had a higher ticket
        self._edge = -np.inf
        self.among = 0  # how many had a chance

    def take(self, values: Floats, at: Iterable[int], cases: pa.Table) -> None:
        """One more part: what each is expected to bring, its place among all, and the columns of its case."""
        self.among += len(values)
        before = [] if self._cases is None else [self._cases]
        self._values = np.concatenate([self._values, values])
        self._at = np.concatenate([self._at, np.asarray(at, np.int64)])
        self._cases = pa.concat_tables([*before, cases]).combine_chunks()
        if len(self._values) > self.top:
            self._cut()

    def _cut(self) -> None:
        """Only who can still be on the list stays; how many were as good as the last one is counted."""
        edge = np.partition(self._values, -self.top)[-self.top]
        above, tied = np.flatnonzero(self._values > edge), np.flatnonzero(self._values == edge)
        lucky = self._drawn(tied)[: self.top - len(above)]
        self._gone = (self._gone if edge == self._edge else 0) + len(tied) - len(lucky)
        self._edge = edge
        stay = np.sort(np.concatenate([above, lucky]))
        self._values, self._at = self._values[stay], self._at[stay]
        assert self._cases is not None
        self._cases = self._cases.take(pa.array(stay))

    def _drawn(self, rows: Ints) -> Ints:
        """These rows in the order of their tickets."""
        assert self._cases is not None
        tickets = self.ticket(self._cases.take(pa.array(rows)))
        return rows[sorted(range(len(rows)), key=tickets.__getitem__)]

    def found(self) -> tuple[list[int], int, int]:
        """The places of the best among all, the best first; how many came by lot, and of how many.

        As much by lot as by right where nobody was left out.
        """
        if not len(self._values):
            return [], 0, 0
        edge = self._values.min()
        above, tied = np.flatnonzero(self._values > edge), np.flatnonzero(self._values == edge)
        first = above[np.argsort(-self._values[above], kind="stable")]
        gone = self._gone if edge == self._edge else 0
        order = np.concatenate([first, self._drawn(tied)])
        return self._at[order].tolist(), len(tied), len(tied) + gone
