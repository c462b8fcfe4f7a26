"""Limits: how many requests a token may send, how large one may be, and how slowly it may come."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What a client may do. rate: requests a second for each token, 0 for any number."""

    body: int = 1_000_000  # bytes
    cases: int = 1_000  # in one request
    rate: float = 200.0
    burst: float = 400.0
    body_s: float = 10.0  # until a body is there
    answer_s: float = 10.0  # until cases with their own rows are answered
    waiting: int = 64  # requests that may wait for their turn


@dataclass
class Bucket:
    """Requests that a token may still send: some are added each second, up to a burst."""

    rate: float
    burst: float
    left: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.filled = self.burst, time.monotonic()

    def wait(self) -> int:
        """Take one; 0, or the whole seconds until there is one again."""
        if not self.rate:
            return 0
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.filled) * self.rate)
        self.filled = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return math.ceil((1 - self.left) / self.rate)
