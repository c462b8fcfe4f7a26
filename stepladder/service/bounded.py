"""A request's body, bounded in size and in time before anybody reads it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from stepladder.service.limits import Limits
from stepladder.service.refused import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def bounded(limits: Limits, scope: Scope, receive: Receive) -> Receive:
    """The body as it comes, until there is too much of it or it takes too long."""
    most, came = limits.body, 0
    ends = time.monotonic() + limits.body_s
    said = header(scope, b"content-length")
    if said.isdigit() and int(said[:20]) > most:
        raise _too_large(most)

    whole = False

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal came, whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout(max(ends - time.monotonic(), 0.001)):
                message = await receive()
        except TimeoutError:
            raise Refused(
                408,
                "the body did not come",
                f"it has {limits.body_s:g} s",
                "send it again",
            ) from None
        came += len(message.get("body", b""))
        if came > most:
            raise _too_large(most)
        whole = not message.get("more_body", False)
        return message

    return bounded


def header(scope: Scope, name: bytes) -> bytes:
    """A header as it came, the first of its name; empty where there is none."""
    return next((value for key, value in scope["headers"] if key == name), b"")


def _too_large(most: int) -> Refused:
    return Refused(
        413,
        "the body is too large",
        f"at most {most:,} bytes",
        "send several requests; for everybody read the published file instead",
    )
