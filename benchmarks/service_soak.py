"""The service at saturation: does it ever fail, and does its memory grow, also beside those who mean harm?

    python benchmarks/service_soak.py --seconds 600 --hostile 200 --home /tmp/demos

Four connections ask as fast as they are answered, by turns about known cases and cases with rows of their
own, of both demos served by one process. One asks /healthz on ever new connections. Beside them, in a process
of its own, so many connections without a token do what service_hostile.py lists, each again and again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from service_world import Client, cpu, known, newcomers, projects, server

CLIENTS, EVERY_S, SETTLED_S = 4, 5, 30


def main() -> None:
    """Print requests, errors, and memory along the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("/tmp/stepladder-demos"))
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--hostile", type=int, default=0)
    parser.add_argument("--port", type=int, default=8188)
    said = parser.parse_args()
    tokens = projects(said.home)
    told: Counter[int | str] = Counter()
    alive: list[float | str] = []
    stop = threading.Event()
    with server(said.home, said.port) as (process, _), hostile(said.port, said.hostile) as harm:
        begun = time.monotonic()
        clients = [
            threading.Thread(target=load, args=(said.port, tokens, said.home, i, told, stop))
            for i in range(CLIENTS)
        ]
        clients.append(threading.Thread(target=healthy, args=(said.port, alive, stop)))
        for client in clients:
            client.start()
        memory = []
        while (now := time.monotonic() - begun) < said.seconds:
            time.sleep(min(EVERY_S, said.seconds))
            memory.append((now, anonymous(process), process.memory_info().rss / 1e6))
        stop.set()
        for client in clients:
            client.join()
        used, hurt = cpu(process), harm()
    settled = np.array([m for m in memory if m[0] > SETTLED_S] or memory)
    third = max(len(settled) // 3, 1)
    slope = np.polyfit(settled[:, 0], settled[:, 1], 1)[0] * 3600 if len(settled) > 2 else 0.0
    print(f"{said.seconds:g} s: {sum(told.values()):,} requests, by outcome {dict(told)}")
    print(f"/healthz, each on a connection of its own: {_told(alive)}")
    print(f"{said.hostile} hostile connections: {hurt}")
    print(f"{used:.0f} CPU s of the service; load average {os.getloadavg()[1]:.1f}")
    for name, part in (("first", settled[:third]), ("last", settled[-third:])):
        print(
            f"{name} third: own memory {part[:, 1].mean():.1f} MB, resident {part[:, 2].mean():.1f} MB"
        )
    print(f"growth of own memory {slope:+.1f} MB an hour")


def _told(alive: list[float | str]) -> str:
    took = sorted(one for one in alive if isinstance(one, float))
    failed = Counter(one for one in alive if isinstance(one, str))
    at = [took[int(len(took) * share)] if took else float("nan") for share in (0.5, 0.99)]
    at.append(took[-1] if took else float("nan"))
    p50, p99, worst = (f"{one * 1e3:.0f} ms" for one in at)
    return f"{len(took):,}, p50 {p50}, p99 {p99}, {worst} at most; failed {dict(failed)}"


@contextlib.contextmanager
def hostile(port: int, connections: int) -> Iterator[Callable[[], str]]:
    """So many connections that mean harm, in a process of their own; what became of them."""
    script = Path(__file__).with_name("service_hostile.py")
    process = subprocess.Popen(
        [sys.executable, script, str(port), str(connections)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield lambda: process.communicate(b"enough", 60)[0].decode().strip()
    finally:
        process.kill()
        process.wait()


def healthy(port: int, alive: list[float | str], stop: threading.Event) -> None:
    """Ask whether it is alive, on ever new connections as a balancer does."""
    while not stop.is_set():
        begun = time.monotonic()
        try:
            with Client(port, "") as client:
                status, _ = client.send(client.request("GET", "/healthz"))
            alive.append(time.monotonic() - begun if status == 200 else str(status))
        except OSError as error:
            alive.append(type(error).__name__)
        time.sleep(0.1)


def anonymous(process: psutil.Process) -> float:
    """MB that no file backs: what libraries map comes and goes with the other processes that use them."""
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("this system does not tell")


def load(
    port: int, tokens: dict, home: Path, nth: int, told: Counter, stop: threading.Event
) -> None:
    """Ask until told to stop."""
    clients, requests = {}, []
    for name, token in tokens.items():
        clients[name] = client = Client(port, token)
        for cases in (known, newcomers):
            made = [{"cases": [case]} for case in cases(home, name, 200 + nth)]
            requests.append([(client, client.request("POST", "/predict", body)) for body in made])
    turn = 0
    while not stop.is_set():
        kind = requests[turn % len(requests)]
        client, request = kind[turn // len(requests) % len(kind)]
        try:
            told[client.send(request)[0]] += 1
        except OSError as error:
            told[type(error).__name__] += 1
        turn += 1
    for client in clients.values():
        client.socket.close()


if __name__ == "__main__":
    main()
