"""Columns of yes and no, or of the moment when something was undone."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.columns.words import tokens
from stepladder.tables.dates.texts import read_dates

Bools = npt.NDArray[np.bool_]

_YES = "true t yes y 1 ja wahr vrai oui si sí sì sim verdadero vero waar x ✓ test sandbox"
_NO = "false f no n 0 nein falsch faux non nao não falso onwaar nee live production prod"


def flags(name: str, words: pa.Array) -> Bools | None:
    """Which words say yes or name a day; None where a word says neither yes nor no nor a day.

    Of a column such as livemode or valid no is what counts.
    """
    small = pc.utf8_lower(words)
    yes, no, nothing = (
        pc.is_in(small, pa.array(group)).to_numpy(zero_copy_only=False)
        for group in (_YES.split(), _NO.split(), [""])
    )
    rest = ~yes & ~no & ~nothing
    if rest.any():
        days = read_dates(words.filter(pa.array(rest)), "mixed", date(2100, 1, 1))
        if not days.shape.all() or (days.unit != 0).all():
            return None
    if {"livemode", "live", "valid"} & set(tokens(name)):
        return np.asarray(no | pc.equal(small, "test").to_numpy(zero_copy_only=False))
    return np.asarray(yes | rest)
