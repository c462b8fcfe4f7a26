"""What goes wrong with a catalogue overnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from nights_bad import (
    Ill,
    Severity,
    Tables,
    doubled,
    emptied,
    late,
    others,
    renamed,
    rescaled,
    shifted,
    shrunk,
)


def catalogues() -> Iterator[Severity]:
    """Rows of the catalogue are gone, or its columns say something else."""

    def items(change: Callable[[pa.Table, Ill], pa.Table]) -> Callable[[Ill], Tables]:
        return lambda ill: {**ill.good, "items": change(ill.good["items"], ill)}

    def lost(share: float) -> Callable[[Ill], Tables]:
        return items(lambda t, ill: t.filter(pa.array(ill.rng.random(len(t)) >= share)))

    def column(name: str, write: Callable[[pa.Array], pa.Array], share: float = 1.0):
        def change(t: pa.Table, ill: Ill) -> pa.Table:
            return others(t, name, ill.rng.random(len(t)) < share, write(t[name].combine_chunks()))

        return items(change)

    def nothing(values: pa.Array) -> pa.Array:
        return pa.nulls(len(values), values.type)

    def excluded_lose(t: pa.Table, ill: Ill) -> pa.Table:
        return others(t, "category", is_(t, "Tea"), nothing(t["category"].combine_chunks()))

    def instead(old: str, new: str) -> Callable[[pa.Table, Ill], pa.Table]:
        return lambda t, ill: others(t, "category", is_(t, old), pa.array([new] * len(t)))

    def swapped(t: pa.Table, ill: Ill) -> pa.Table:
        title, category = t["title"], t["category"]
        return t.set_column(1, "title", category).set_column(2, "category", title)

    def texts(write: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], pa.Array]:
        return lambda values: write(values.cast(pa.string()))

    def shuffled(t: pa.Table, ill: Ill) -> pa.Table:
        return t.set_column(
            2, "category", t["category"].take(pa.array(ill.rng.permutation(len(t))))
        )

    def said(words: str, spoil: Callable[[Ill], Tables], right: str = "") -> Severity:
        ruled = "Tea" in words or "rule" in words
        return Severity("catalogue", words, spoil, "recommend", right, ruled=ruled)

    for share in (0.1, 0.5, 0.95):
        yield said(f"{share:.0%} of the items gone", lost(share))
    for new in ("Teas", "TEA", "tea "):
        yield said(f"the category Tea is called {new!r}", items(instead("Tea", new)))
    yield said("the category Cups is called 'Mugs'", items(instead("Cups", "Mugs")))
    yield said("Tea becomes part of Coffee", items(instead("Tea", "Coffee")))
    yield said("category empty", column("category", nothing))
    yield said("category empty in half of the items", column("category", nothing, 0.5))
    yield said("category empty where a rule excludes", items(excluded_lose))
    yield said("category gone", items(lambda t, ill: t.drop_columns(["category"])))
    yield said("categories shuffled", items(shuffled))
    yield said("titles empty", column("title", nothing))
    yield said("titles and categories swapped", items(swapped))
    yield said("ids padded", column("item", texts(lambda v: pc.utf8_lpad(v, 14, "0"))))
    yield said(
        "ids prefixed", column("item", texts(lambda v: pc.binary_join_element_wise("EU", v, "-")))
    )
    yield said("prices in cents", column("price", lambda v: pc.multiply(v, 100.0)))
    yield said("prices empty", column("price", nothing))


def is_(table: pa.Table, category: str) -> np.ndarray:
    """The items of a category."""
    return np.array([each == category for each in table["category"].to_pylist()], bool)


KINDS = (shrunk, shifted, rescaled, renamed, doubled, late, emptied, catalogues)


def severities() -> list[Severity]:
    """Everything that is done to clean tables."""
    return [each for kind in KINDS for each in kind()]
