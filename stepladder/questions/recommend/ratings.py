"""Whether what stands beside an item is a rating, of which not every one is praise."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stepladder.core.history import History
from stepladder.core.question import Doubt
from stepladder.core.stats import Floats

RATINGS = re.compile(
    r"rating|score|stars|sterne|bewertung|puntuaci|calificaci|valoraci|voto|valutaz|beoordel|ocena"
)
RATING = {"star", "overall", "note", "nota", "grade", "vote"}
COUNTS = {
    "quantity", "qty", "plays", "play", "count", "playcount", "listens", "views", "times", "clicks", "n",
    "hours", "minutes", "amount", "price", "total", "units", "pieces", "menge", "anzahl", "quantité",
    "cantidad", "quantità", "aantal", "quantidade", "antal",
}  # fmt: skip
MOST = 21  # levels of a scale: 0 to 10 in halves
ENDS = 5.0, 10.0  # of scales
PRAISE = 0.7  # of the way from the worst to the best
QUERY = (
    "select value, count(*) as n from interactions where value is not null group by 1 order by 1"
)


def doubts(history: History) -> tuple[Doubt, ...]:
    """That ratings count as liking, whatever they say, where nobody has said from which one on they do."""
    if history.ask.settings.liked is not None:
        return ()
    found = replace(history, views=()).sql(QUERY)  # whatever the rules say
    levels, n = found["value"].to_numpy(), found["n"].to_numpy()
    source = history.ask.tables.get("interactions")
    column = str((source.choices.get("columns") or {}).get("value", "value")) if source else "value"
    if not _rates(column, levels, n):
        return ()
    worst, best = float(levels[0]), float(levels[-1])
    praise = float(levels[levels >= worst + PRAISE * (best - worst)][0])
    less = int(n[levels < praise].sum())
    said = (
        f"{column} looks like a rating from {worst:g} to {best:g}, and every row counts as liking, also the "
        f"{less:,} of {int(n.sum()):,} that say less than {praise:g}: what many dislike is shown to "
        "everybody. Say in question.toml [recommend] from which value on a row is one of liking: "
        f"liked = {praise:g}; or liked = {worst:g}, if every row is"
    )
    return (Doubt("interactions", "rating", f"{said}."),)


def _rates(column: str, levels: Floats, n: npt.NDArray[np.int64]) -> bool:
    """By the column's name, and where that says nothing by what stands in it."""
    words = set(re.split(r"[\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()))
    if len(levels) < 2 or words & COUNTS:
        return False
    if words & RATING or RATINGS.search(column.lower()):
        return True
    if set(levels) <= {-1, 0, 1}:  # a thumb up or down
        return bool(levels[0] < levels[-1] == 1)
    middle = float(
        np.repeat(levels, n)[int(n.sum()) // 2]
    )  # counts and prices are small, as a rule
    scale = 3 <= len(levels) <= MOST and levels[0] >= 0 and levels[-1] in ENDS
    return bool(scale and middle > (levels[0] + levels[-1]) / 2)
