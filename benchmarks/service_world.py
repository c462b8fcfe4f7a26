"""What the benchmarks of the service share: the demo projects in production, a server, a lean client."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

import stepladder
from stepladder.release.ship import ship
from stepladder.service import tokens

RUNGS = {"retention": "r3_bg_nbd", "recommend": "r3_ease"}


def projects(home: Path) -> dict[str, str]:
    """The two demos in production below a folder, made where they are not there: name -> a token."""
    found = {}
    for name, rung in RUNGS.items():
        if not (home / name / "published").is_dir():
            made = stepladder.try_out(name, home / name)
            if name == "retention":  # its intervals come from a bake-off
                stepladder.run_bakeoff(made, workers=1)
            ship(made, rung=rung, force="a benchmark")
            day = made.now().isoformat()
            # only what is published matters here, not what the watch says of it
            command = [
                "run",
                "--no-refresh",
                "--from",
                day,
                "--to",
                day,
                "--project",
                str(made.folder),
            ]
            subprocess.run(
                [sys.executable, "-m", "stepladder", *command], check=False, capture_output=True
            )
        found[name] = tokens.new(stepladder.Project.open(home / name), "benchmark", "read", 1)
    return found


def known(home: Path, name: str, n: int) -> list[dict[str, Any]]:
    """Cases that are in the published predictions, from everywhere."""
    file = sorted((home / name / "published").glob("*.parquet"))[-1]
    key = {"retention": "customer", "recommend": "person"}[name]
    ids = sorted(set(pq.read_table(file, columns=[key])[key].to_pylist()))
    return [{key: ids[i * len(ids) // n]} for i in range(n)]


def newcomers(home: Path, name: str, n: int, rows: int = 10) -> list[dict[str, Any]]:
    """Cases that bring that many rows each, all different."""
    table, columns = {
        "retention": ("purchases", ["day", "value"]),
        "recommend": ("interactions", ["item", "time"]),
    }[name]
    found = pq.read_table(stepladder.Project.open(home / name).table(table), columns=columns)
    step = found.num_rows // (n * rows)
    cases = []
    for i in range(n):
        own = found.take([(i * rows + j) * step for j in range(rows)]).to_pylist()
        plain = [
            {k: v.isoformat() if isinstance(v, date) else v for k, v in r.items()} for r in own
        ]
        cases.append({"rows": plain})
    return cases


@contextlib.contextmanager
def server(home: Path, port: int, *more: str) -> Iterator[tuple[psutil.Process, float]]:
    """A real `stepladder serve`: its process, and the seconds until it was ready."""
    command = [
        sys.executable,
        "-m",
        "stepladder",
        "serve",
        "--project",
        str(home),
        "--port",
        str(port),
    ]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "--rate", "0", *more], stderr=subprocess.DEVNULL)
    try:
        while not _ready(port):
            assert process.poll() is None, "it did not start"
            time.sleep(0.01)
        yield psutil.Process(process.pid), time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(60)


def _ready(port: int) -> bool:
    try:
        with Client(port, "") as client:
            return client.send(client.request("GET", "/readyz"))[0] == 200
    except OSError:
        return False


class Client:
    """One connection kept open; requests are made beforehand, so that the client is not what is measured."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(sent)}\r\n"
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        return f"{head}Content-Type: application/json\r\n\r\n".encode() + sent

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.socket.sendall(request)
        came = b""
        while b"\r\n\r\n" not in came:
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError("the connection was closed")
            came += part
        head, _, body = came.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self.socket.recv(65536)
        return int(head[9:12]), body


def cpu(process: psutil.Process) -> float:
    """Processor seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
