"""What the service refuses, with the status that says whose turn it is to mend it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from stepladder.core.errors import Problem
from stepladder.project.ground import Moved

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MEANING = {
    400: "the body is not JSON",
    401: "no token, or one that opens nothing",
    403: "the token has not the role that this needs",
    404: "no such path or question, or nothing is known of the case",
    405: "the path does not know this method",
    409: "what was looked at is not what is there now",
    410: "whom it is about is not there any more",
    408: "the body came too slowly",
    413: "too much at once",
    415: "the body is said to be something else than JSON",
    422: "JSON, but not what the question asks for",
    429: "too many requests",
    431: "too many headers, or too long ones",
    500: "a fault in stepladder",
    503: "nothing is published yet, or the answer took too long",
}


class Refused(Problem):
    """A Problem with the HTTP status that tells it to machines."""

    def __init__(
        self, status: int, given: str, allowed: str, remedy: str, retry_after: int | None = None
    ) -> None:
        super().__init__(given, allowed, remedy)
        self.status, self.retry_after = status, retry_after

    def plain(self) -> dict[str, Any]:
        """The three parts as they are sent."""
        return {"error": dict(zip(("given", "allowed", "remedy"), self.parts(), strict=True))}

    def body(self) -> bytes:
        """The three parts as JSON."""
        return json.dumps(self.plain(), ensure_ascii=False).encode()


def refused(problem: Problem, status: int = 422) -> Refused:
    """A Problem from deeper down, told over HTTP."""
    if isinstance(problem, Refused):
        return problem
    return Refused(409 if isinstance(problem, Moved) else status, *problem.parts())


def unknown() -> Refused:
    """What everybody is told whose token is none, or none any more."""
    return Refused(
        401,
        "no valid token",
        'a token is sent as the header "Authorization: Bearer sl_…"',
        "ask whoever keeps the service for one: stepladder token NAME --role read",
    )


def fault() -> Refused:
    """What a client is told of a fault: nothing of what is inside."""
    return Refused(
        500,
        "something went wrong inside",
        "this is a fault in stepladder, not in what you sent",
        "tell whoever keeps the service; its log says what happened",
    )


def busy() -> Refused:
    """What a client is told where the record is locked, full, broken or away; the log says which."""
    return Refused(
        503,
        "the record cannot be used at the moment",
        "what people say and decide is kept in the record; nothing was written",
        "send it again in a moment; if that does not help, tell whoever keeps the service",
        retry_after=5,
    )


def still_looking(seconds: float) -> Refused:
    """What a client is told that asked for what is new, where loading it takes its time."""
    return Refused(
        503,
        f"it is not done looking after {seconds:g} s",
        "what is new is taken up once it is loaded, whether anybody waits for it or not",
        "see /readyz and /models in a moment",
        retry_after=5,
    )


async def tell(problem: Refused, send: Send) -> int:
    """Send a refusal as an answer; its status."""
    body = problem.body()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if problem.retry_after:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if problem.status in (408, 413):  # the rest of the body is not waited for
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return problem.status
