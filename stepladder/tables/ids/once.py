"""A table in which every key stands once: of several rows the one with the most frequent text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.findings import Finding
from stepladder.tables.ids.ids import Texts
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows

Codes = npt.NDArray[np.int64]


def once(rows: Rows, spec: TableSpec, values: dict[str, Value]) -> tuple[Finding, ...]:
    """Keeps one row of each key: the first with its most frequent text (of equals the first by letter).

    The rows that go are counted as dropped; keys that had several texts are returned as changed.
    """
    key = _key(values, spec.key)
    name = next((c.name for c in spec.columns if c.kind == "text" and c.name in values), None)
    text = values[name] if name else None
    at = np.flatnonzero(rows.kept)
    best = at[_first(key[at])]
    several = best[:0]
    if isinstance(text, Texts):
        with_text = at[~text.missing[at]]
        usual, several = _usual(key[with_text], _ranks(text)[with_text])
        usual, several = with_text[usual], with_text[several]
        named = np.isin(key[best], key[usual])
        best = np.concatenate([usual, best[~named]])
    again = rows.kept
    again[best] = False
    thing = " ".join(spec.key)
    rows.drop(
        again,
        f"{thing} again",
        f"rows are about an {thing} that is listed already: each is listed once"
        + (f", under its most frequent {name}" if name else ""),
    )
    return _marked(rows, several, thing, name)


def _key(values: dict[str, Value], names: tuple[str, ...]) -> Codes:
    """A number for each row's key, which several columns may make together."""
    codes = [value.code for name in names if isinstance(value := values[name], Texts)]
    whole = codes[0].astype(np.int64)
    for code in codes[1:]:
        whole = np.unique(whole * (int(code.max(initial=0)) + 1) + code, return_inverse=True)[1]
    return whole


def _marked(rows: Rows, at: Codes, thing: str, name: str | None) -> tuple[Finding, ...]:
    where = np.zeros(len(rows.status), bool)
    where[at] = True
    said = f"{thing}s have several {name}s in the source; the most frequent one was kept"
    return rows.found(where, f"several {name}s", said)


def _ranks(text: Texts) -> Codes:
    """A number for each row's text that sorts as the texts do."""
    words = text.words.dictionary_encode()
    rank = np.empty(len(words.dictionary), np.int64)
    rank[pc.sort_indices(words.dictionary).to_numpy()] = np.arange(len(rank))
    return np.asarray(rank[words.indices.to_numpy(zero_copy_only=False)][text.at])


def _first(codes: npt.NDArray[np.integer]) -> Codes:
    """Where each code stands first."""
    place = np.full(int(codes.max(initial=-1)) + 1, -1, np.int64)
    place[codes[::-1]] = np.arange(len(codes))[::-1]
    return np.sort(place[place >= 0])


def _usual(key: npt.NDArray[np.integer], text: Codes) -> tuple[Codes, Codes]:
    """The first row of each key's most frequent text, and of those keys that have several."""
    both = key.astype(np.int64) * (int(text.max(initial=0)) + 1) + text
    pairs, first, count = np.unique(both, return_index=True, return_counts=True)
    keys = key[first]
    order = np.lexsort((pairs, -count, keys))
    begins = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0][: len(order)])
    usual = first[order[begins]]
    return usual, usual[np.diff(np.r_[begins, len(order)]) > 1]
