"""A rung tries its settings on its own past: what would it have recommended one horizon ago?

Small data need their own settings, and trying them costs little there; large data are told apart well
enough by the defaults, and trying would cost what the fit costs, several times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.ask import Ask
from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.recommend.matrix import Csr, Matrix, Score, Scores, known
from stepladder.questions.recommend.matrix.lists import top

LARGEST = 1_500_000  # pairs of a person and an item, above which nothing is tried
FEWEST = 50  # persons who came back, below which nothing can be told apart
MOST = 1_000  # persons scored
CAME = """
select distinct likes.person, likes.item from likes cross join ask
where likes.time >= ask.learn_at order by likes.person, likes.item
"""


class Weighed(Protocol):
    """A setting of a rung; each says how much more recent interactions count."""

    @property
    def recency(self) -> float:
        """See matrix.strength."""


Setting = TypeVar("Setting", bound=Weighed)


class Trial(NamedTuple):
    """What was known one horizon ago, and of some persons what they came to like since."""

    past: Matrix
    persons: NDArray[np.int64]
    came: list[NDArray[np.int64]]  # places of items; what was no item then is −1


def best_setting(
    history: History,
    now: Matrix,
    settings: Sequence[Setting],
    learn: Callable[[Matrix, Setting], Model],
    score: Callable[[Model, Csr], Scores],
    items: int = 10**9,
) -> Setting:
    """The setting with the highest NDCG@k over the last horizon; the first where nothing can be told.

    `items` bounds the items it is tried on, the most taken first.
    """
    trial = _trial(history, items) if len(now.age) <= LARGEST else None
    if trial is None:
        return settings[0]
    gained = []
    for setting in settings:
        past = trial.past.reweighed(history.ask.horizon, setting.recency)
        gained.append(
            _ndcg(trial, past.by_person, partial(score, learn(past, setting)), history.ask)
        )
    return settings[int(np.argmax(gained))]


def _trial(history: History, items: int) -> Trial | None:
    learn_at = history.now - timedelta(days=history.ask.horizon)
    try:
        past = known(history.at(learn_at), history.ask.settings.min_support, counted_anew=True)
        past = past.of_most_taken(items)
    except CannotStand:
        return None
    came = history.sql(CAME)
    who, what = _places(came["person"], past.persons), _places(came["item"], past.items)
    who, what = who[who >= 0], what[who >= 0]
    if not history.ask.settings.already_seen:
        width = len(past.items)
        owner = np.repeat(np.arange(past.by_person.rows), past.by_person.lengths)
        new = (what < 0) | ~np.isin(who * width + what, owner * width + past.by_person.indices)
        who, what = who[new], what[new]
    persons = np.unique(who)
    if len(persons) < FEWEST:
        return None
    if len(persons) > MOST:
        rng = np.random.default_rng(history.ask.seed)
        persons = np.sort(rng.choice(persons, MOST, replace=False))
    first, end = (np.searchsorted(who, persons, side) for side in ("left", "right"))
    return Trial(past, persons, [what[a:b] for a, b in zip(first, end, strict=True)])


def _places(values: pa.ChunkedArray, there: pa.Array) -> NDArray[np.int64]:
    found = pc.fill_null(pc.index_in(values.cast(there.type), value_set=there), -1)
    return np.asarray(found.to_numpy(), np.int64)


def _ndcg(trial: Trial, by_person: Csr, score: Score, ask: Ask) -> float:
    discount = 1 / np.log2(np.arange(2, ask.settings.k + 2))
    total = 0.0
    for start in range(0, len(trial.persons), 256):
        some = trial.persons[start : start + 256]
        rows = by_person.chosen(some)
        scores = score(rows)
        if not ask.settings.already_seen:
            scores.quick[np.repeat(np.arange(len(some)), rows.lengths), rows.indices] = -np.inf
        row, item, _ = top(scores, ask.settings.k)
        first = np.searchsorted(row, np.arange(len(some)))
        for i, came in enumerate(trial.came[start : start + 256]):
            listed = item[first[i] : first[i] + np.count_nonzero(row == i)]
            hit = np.isin(listed, came)
            total += (
                discount[: len(listed)][hit].sum()
                / discount[: min(ask.settings.k, len(came))].sum()
            )
    return total / len(trial.persons)
