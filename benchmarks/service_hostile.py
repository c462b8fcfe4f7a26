"""Connections without a token that mean harm: what service_soak.py runs beside the honest ones.

python benchmarks/service_hostile.py PORT CONNECTIONS    # until its input ends
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET, POST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"POST /predict HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BIG = b"a" * 50_000
SCRIPT = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
FAST = {  # what is sent, and what is sent after it for as long as somebody takes it
    "endless headers": (GET, b"X: y\r\n" * 5_000),
    "one endless header": (GET + b"X: ", BIG),
    "endless body": (POST + b"Content-Length: 999999999\r\n\r\n", BIG),
    "endless chunks": (CHUNKED, b"c350\r\n" + BIG + b"\r\n"),
    "endless trailers": (CHUNKED + b"0\r\nX: ", BIG),
    "endless requests": (b"", (GET + b"\r\n") * 500),
    "no HTTP": (b"\x16\x03\x01", BIG),
}
SLOW = {  # what is sent, and then a byte a second
    "slow headers": GET, "slow body": POST + b"Content-Length: 99\r\n\r\n", "slow chunks": CHUNKED,
}  # fmt: skip
SILENT = {"silence": b"", "half a request": GET, "answers not taken": SCRIPT * 8}
KINDS = [*FAST, *SLOW, *SILENT]
UNREAD_S = 40
PAUSE_S = 0.5  # between a connection that was closed and the next


async def fast(kind: str, streams: Streams) -> None:
    """As much as the other side takes."""
    begins, goes_on = FAST[kind]
    streams[1].write(begins)
    while not streams[1].is_closing():
        streams[1].write(goes_on)
        await streams[1].drain()
    raise ConnectionResetError


async def slow(kind: str, streams: Streams) -> None:
    """A byte a second."""
    streams[1].write(SLOW[kind])
    while not streams[1].is_closing():
        streams[1].write(b"1")
        await streams[1].drain()
        await asyncio.sleep(1)
    raise ConnectionResetError


async def silent(kind: str, streams: Streams) -> None:
    """Nothing more; an answer is not read, and that it was cut short is not seen."""
    streams[1].write(SILENT[kind])
    if SILENT[kind].endswith(SCRIPT):
        streams[1].transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(UNREAD_S)
    while not (streams[1].is_closing() or streams[0].at_eof()):
        if await streams[0].read(4_096) == b"":
            break


async def again_and_again(port: int, kind: str, closed: Counter[str]) -> None:
    """One connection after the other."""
    doing: Callable[[str, Streams], Awaitable[None]] = (
        fast if kind in FAST else slow if kind in SLOW else silent
    )
    while True:
        try:
            streams = await asyncio.open_connection("127.0.0.1", port, limit=4_096)
            try:
                await doing(kind, streams)
            finally:
                streams[1].transport.abort()
        except OSError:
            pass
        closed[kind] += 1
        await asyncio.sleep(PAUSE_S)


async def main(port: int, connections: int) -> None:
    """All of them until there is enough; prints how often each kind was closed."""
    closed: Counter[str] = Counter()
    tasks = [
        asyncio.create_task(again_and_again(port, KINDS[nth % len(KINDS)], closed))
        for nth in range(connections)
    ]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    told = ", ".join(f"{kind} {closed[kind]:,}" for kind in KINDS)
    print(f"closed {sum(closed.values()):,} times: {told}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
