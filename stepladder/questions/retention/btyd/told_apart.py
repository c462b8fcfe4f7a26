"""Whether the data, and not the formula alone, say who is a customer still.

Where the likelihood is best with nobody ever leaving, or leaving earns next to nothing, every customer is
alive for certain: that is the formula speaking. So it is of those whom a limiting model settles by how
often they bought, whenever that was. Of all these nothing is said.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.retention.btyd.grouping import Groups, added
from stepladder.questions.retention.btyd.newton import Edge, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY, counting

Floats = NDArray[np.float64]

SHOWN = (
    1.92  # log-likelihood by which leaving must do better: half of what chi² exceeds once in twenty
)
NOBODY = (
    "Nothing in these data shows that anybody leaves for good, so the rung does not say who is a customer "
    "still: the chance that somebody still is one, P(alive), is left empty. Judge who left by hand."
)


def dropout_gain(height: float, groups: Groups) -> float:
    """How much more probable the histories are where customers may leave: log-likelihood, not below 0."""
    weeks = float(groups.weight @ groups.T)
    start = [np.log(float(groups.weight @ groups.x) / weeks), 0.0]
    edge = Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY))

    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        return added(partial(_staying, place), groups)

    return max(height - maximise(evaluate, start, [edge]).height, 0.0)


def _staying(place: Floats, groups: Groups) -> tuple[float, Floats, Floats]:
    """Log-likelihood where nobody leaves (NBD), gradient and Hessian, in (log m, log u)."""
    m, u = np.exp(np.clip(place, -60.0, 60.0))
    index, weight, y = groups.x.astype(np.intp), groups.weight, m * groups.T
    product, first, second = counting(u, int(index.max(initial=0)))
    buy, log_buy = 1.0 / (1.0 + u * y), np.log1p(u * y) / u
    base = -y * buy * (1.0 + u * groups.x)
    own = groups.x * np.log(m) + product[index] - (1.0 + u * groups.x) * log_buy
    gradient = np.array([weight @ (groups.x + base), weight @ (first[index] + base + log_buy)])
    curve, cross = float(weight @ (base * buy)), float(weight @ (y * buy))
    bend = curve + 2.0 * cross + weight @ (second[index] - log_buy)
    return float(weight @ own), gradient, np.array([[curve, curve + cross], [curve + cross, bend]])


def says(model: dict[str, Any]) -> bool:
    """Whether these data say of anybody at all whether they left."""
    settled = {"NBD", "nobody leaves", "one repeat"} & set(
        str(model.get("limit", "")).split(" and ")
    )
    gain = float(model.get("dropout_gain", np.inf))
    return gain >= SHOWN and not settled and bool(model.get("converged", True))


def as_told(model: dict[str, Any], x: Floats, alive: Floats) -> Floats:
    """P(alive) of customers with x repeat purchases, NaN for whom it is no more than the formula's."""
    if not says(model):
        return np.full(len(x), np.nan)
    split = "leave at once or never" in str(model.get("limit", ""))
    if "a" in model and "k" not in model:
        # BG/NBD: nobody leaves before a repeat, and in the limit nobody after a second
        return np.where((x == 1) if split else (x > 0), alive, np.nan)
    return np.where((x == 0) if split else True, alive, np.nan)
