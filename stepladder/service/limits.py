"""Limits: how many requests a token may send, how large one may be, and how slowly it may come."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from stepladder.core.errors import Problem

THIS_MACHINE = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class Limits:
    """What a client may do. rate: requests a second for each token, 0 for any number."""

    body: int = 1_000_000  # bytes
    cases: int = 1_000  # in one request
    rate: float = 200.0
    burst: float = 400.0
    body_s: float = 10.0  # until a body is there
    answer_s: float = 10.0  # until cases with their own rows are answered
    person_s: float = (
        120.0  # until a person has answered, where a person is the rung; then the fallback
    )
    waiting: int = 64  # requests that may wait for their turn
    writes_s: float = 2.0  # how old what is known of tokens may be, where something is written
    reads_s: float = 30.0  # and where it is not
    # what anybody may do, before it is known who they are
    head: int = 16_384  # bytes of a request's address and headers
    fields: int = 100  # headers
    head_s: float = 10.0  # until these are there
    idle_s: float = 75.0  # without a request; nginx gives up after 60
    write_s: float = 30.0  # until an answer is taken
    pipelined: int = 8  # requests sent before the first is answered
    connections: int = 1_000
    per_address: int = 100  # connections; of a proxy any number
    proxies: tuple[str, ...] = THIS_MACHINE  # addresses and networks


def proxies(given: Sequence[str]) -> tuple[str, ...]:
    """Where proxies are: on this machine, and at the addresses given. Raises Problem on what is none."""
    for one in given:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise Problem(
                f"--proxy {one}", "an address or a network: 10.0.0.5, 10.0.0.0/24", "correct it"
            ) from None
    return (*THIS_MACHINE, *given)


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
