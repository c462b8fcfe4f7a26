"""Whether enough of a column could be read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stepladder.core.errors import Problem
from stepladder.tables.columns.unread import examples
from stepladder.tables.rows.rows import Rows

Bools = npt.NDArray[np.bool_]

_FEW, _SHARE = 3, 0.05  # so many are somebody's slips, and so large a share


def enough_read(
    rows: Rows, name: str, source: str, unreadable: Bools, filled: Bools, remedy: str
) -> None:
    """Raises Problem if more than a small share of a column's filled values could not be read.

    What is lost then is no accident: it is a month, a country or a kind of customer.
    """
    lost, there = unreadable & filled & rows.kept, int((filled & rows.kept).sum())
    count = int(lost.sum())
    if count < _FEW or count <= _SHARE * there:
        return
    raise Problem(
        f"{count:,} of the {there:,} values of {source!r}, the {name}, cannot be read, such as "
        f"{examples(rows.raw, source, lost)}.",
        f"At most {_SHARE:.0%} may be unreadable, or fewer than {_FEW} values: what is lost would be "
        "missing from some months or customers more than from others.",
        remedy,
    )
