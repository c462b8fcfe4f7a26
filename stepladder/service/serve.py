"""Start the service, and stop it so that nobody's request is lost."""

from __future__ import annotations

import errno
import gc
import json
import logging
import math
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder.core.errors import Problem
from stepladder.core.extras import installing
from stepladder.core.visible import Lines
from stepladder.service.limits import Limits

if TYPE_CHECKING:
    from uvicorn import Server

    from stepladder.service.shelf import Shelf

GRACE_S = 30  # for requests under way when the service is told to stop
BACKLOG = 256  # connections that wait to be taken
OWN_FILES = 200
NOT_HERE = (
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
)  # a machine may know ::1 by name and not have it
LOCAL = ("127.0.0.1", "::1", "localhost")
Made = Callable[["Shelf", Limits], Any]  # an application of ASGI
Ready = Callable[["Shelf", int], None]
log = logging.getLogger("stepladder.service")


def serve(
    folder: Path,
    host: str,
    port: int,
    limits: Limits,
    verbose: bool = False,
    as_json: bool = False,
    made: Made | None = None,
    ready: Ready | None = None,
) -> None:
    """Serve a project, or several in one folder, until told to stop. Raises Problem if it cannot start.

    made: what makes the application; by default the API alone. ready: what is done once it listens, given
    the port.
    """
    _log(verbose, as_json)
    with _uncollected():
        server, shelf = _server(folder, host, port, limits, made)
    # uvicorn passes the signal on once it has stopped; whoever was told to stop, and did, is done
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.SIG_IGN)
    _tell(shelf)
    if not any(shelf.keys.tokens.values()):
        log.warning("there is no token yet: stepladder token NAME --role read")
    if host not in LOCAL:
        log.warning("it listens on %s: put a server with TLS in front of it", host)
    with _listening(host, port) as places:
        if ready:
            ready(shelf, places[0].getsockname()[1])
        server.run(places)
    shelf.put_away()


def _tell(shelf: Shelf) -> None:
    """What is served; not in the function that runs on, whose names would hold it for ever."""
    for name, one in shelf.served.items():
        log.info(
            "%s: serves %s, release %s", name, one.release.manifest.rung, one.release.hash[:12]
        )


def _server(
    folder: Path, host: str, port: int, limits: Limits, made: Made | None
) -> tuple[Server, Shelf]:
    """Everything loaded and tried, ready to run."""
    try:
        import uvicorn

        from stepladder.service.app import app
    except ModuleNotFoundError as error:
        raise Problem(
            f"the service needs {error.name}",
            "it is an extra, so that nobody installs a web server for a forecast",
            installing("ship"),
        ) from None
    from stepladder.service.connections import Connections
    from stepladder.service.shelf import Shelf, settle

    _lean()
    shelf = Shelf.of(folder)
    settle()
    connections = Connections(_within_files(limits), shelf.metrics.closed)
    # asyncio's own loop takes all who wait in one round; uvloop takes one, and a crowd fills the queue
    config = uvicorn.Config(
        (made or app)(shelf, limits), host=host, port=port, log_config=None, access_log=False,
        server_header=False, date_header=False, timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=math.ceil(limits.idle_s), ws="none", http=connections.protocol,
        backlog=BACKLOG, loop="asyncio",
    )  # fmt: skip
    return uvicorn.Server(config), shelf


def _within_files(limits: Limits) -> Limits:
    """As many connections as this process may have files open, of which it needs some itself."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + BACKLOG + OWN_FILES
    if soft not in (resource.RLIM_INFINITY, -1) and soft < wanted:
        soft = wanted if hard in (resource.RLIM_INFINITY, -1) else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        room = max(soft - BACKLOG - OWN_FILES, 16)
        return replace(limits, connections=min(limits.connections, room))
    return limits


@contextmanager
def _listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """The places where clients come in, one for each address. Raises Problem where none can be had."""
    with ExitStack() as open_:
        yield [open_.enter_context(one) for one in _places(host, port)]


def _places(host: str, port: int) -> list[socket.socket]:
    made: list[socket.socket] = []
    missing: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for kind, address in dict.fromkeys((kind, address) for kind, *_, address in found):
            at = (address[0], made[0].getsockname()[1], *address[2:]) if made else address
            try:
                made.append(socket.create_server(at, family=kind, backlog=BACKLOG))
                # else an answer's second half waits 40 ms for word of the first; asyncio sets it for
                # its own only
                made[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                missing = error
        if missing and not made:
            raise missing
    except (OSError, UnicodeError) as error:
        for one in made:
            one.close()
        raise Problem(
            f"nobody can listen on {host}, port {port}: {getattr(error, 'strerror', '') or error}",
            "the service needs an address of this machine, and a port that nobody else has",
            "stop what listens there, or name another: --port 8001",
        ) from None
    return made


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: what is imported stays, and looking through it takes its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _lean() -> None:
    """Few threads and an allocator that gives back: requests are small, and answered one after the other."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    pa.set_memory_pool(pa.system_memory_pool())


class AsJson(logging.Formatter):
    """A line of JSON for each event, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """When, how grave, what."""
        said = {"time": self.formatTime(record), "level": record.levelname}
        if record.exc_info:
            said["fault"] = self.formatException(record.exc_info)
        return json.dumps({**said, "said": record.getMessage()})


def _log(verbose: bool, as_json: bool) -> None:
    """One line an event, on standard error; nothing that a request says stands in it but its path."""
    logger = logging.getLogger("stepladder")
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if verbose:
        handlers.append(logging.FileHandler("stepladder.log", encoding="utf-8"))
    for name in ("stepladder", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).propagate = False
        for before in logging.getLogger(name).handlers:
            before.close()
        logging.getLogger(name).handlers = handlers
    for handler in handlers:
        handler.setFormatter(AsJson() if as_json else Lines())
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
