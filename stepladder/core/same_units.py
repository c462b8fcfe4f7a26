"""The losses of two rungs, row beside row: of the same units, with the same weights, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem


def beside_first(loss: pa.Table, first: pa.Table, unit: Sequence[str], rung: str) -> pa.Table:
    """A rung's losses in the order of the first rung's: joined by unit and weight, never by position.

    Rows of one unit and one weight are told apart by their loss. Raises Problem where units or weights
    are not the same.
    """
    keys = [*unit, "weight"]
    if loss.select(keys).equals(first.select(keys)):
        return loss
    mine, theirs = (_sorted(table, keys) for table in (loss, first))
    if not loss.select(keys).take(mine).equals(first.select(keys).take(theirs)):
        raise Problem(
            f"the loss of {rung} is of other cases, or weighs them differently, than that of the others",
            "rungs are compared on the same cases: units and weights do not depend on the predictions",
            "mend the loss: loss.sql where the project has one, else the question's `loss`",
        )
    place = np.empty(loss.num_rows, dtype=np.int64)
    place[theirs.to_numpy()] = mine.to_numpy()
    return loss.take(pa.array(place))


def _sorted(loss: pa.Table, keys: Sequence[str]) -> pa.Array:
    order = [(name, "ascending") for name in (*keys, "loss")]
    return pc.sort_indices(loss, sort_keys=order)
