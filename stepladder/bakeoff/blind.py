"""Two rungs' answers judged blind, side by side: what may be said at any look of which is chosen oftener.

The prior–posterior-ratio confidence sequence (Waudby-Smith and Ramdas, Confidence sequences for sampling
without replacement, NeurIPS 2020): of all shares p those are kept under which the judgements so far are
less than 20 times as surprising as under a Beta(10, 10) prior. However often somebody looks, the true
share is thrown out with a chance of 5 of 100 at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from stepladder.core.stats import Floats

PRIOR = 10.0  # judgements of each kind, as if they were known before: little is believed of few
SURPRISE = 20.0  # 1 / 0.05
ALIKE = (0.45, 0.55)  # shares so near one half that nobody need care
MOST = 1_000  # judgements
SHARES = np.linspace(0.0005, 0.9995, 1_000)
WON, SAME, ENDLESS = "one is chosen more often", "they are alike", "as many as were planned"


@dataclass(frozen=True)
class Standing:
    """How a blind comparison stands: untied first judgements, how often one was chosen, and its range.

    low, high: from which share to which one is chosen, of many such cases. why: why nobody need be asked
    any more; empty while the comparison goes on.
    """

    judged: int
    won: int
    low: float
    high: float
    why: str


def standing(judged: int, won: int, most: int = MOST) -> Standing:
    """What so many untied judgements say, of which so many were won by one of the two."""
    kept = SHARES[keeps(np.array(judged), np.array(won), SHARES)]
    # a grid point more at either end: between two of them may be the end
    step = float(SHARES[1] - SHARES[0])
    low, high = max(float(kept[0]) - step, 0.0), min(float(kept[-1]) + step, 1.0)
    return Standing(judged, won, low, high, _why(judged, won, low, high, most))


def keeps(judged: Floats, won: Floats, share: Floats) -> Floats:
    """Whether a share is kept: B(10+s, 10+n−s) < 20·B(10, 10)·pˢ·(1−p)ⁿ⁻ˢ."""
    lost = judged - won
    said = betaln(PRIOR + won, PRIOR + lost)
    limit = np.log(SURPRISE) + betaln(PRIOR, PRIOR) + won * np.log(share) + lost * np.log1p(-share)
    return np.asarray(said < limit)


def _why(judged: int, won: int, low: float, high: float, most: int) -> str:
    if not keeps(np.array(judged), np.array(won), np.array(0.5)):
        return WON
    if ALIKE[0] <= low and high <= ALIKE[1]:
        return SAME
    return ENDLESS if judged >= most else ""
