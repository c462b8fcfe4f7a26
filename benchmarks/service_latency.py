"""The service by itself: seconds to start, memory, and milliseconds of a request, one client at a time.

    python benchmarks/service_latency.py --home /tmp/demos

Both demos in one process; known cases, and cases that bring ten rows of their own, all different.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from service_world import Client, cpu, known, newcomers, projects, server

WARM = 50


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("/tmp/stepladder-demos"))
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--port", type=int, default=8187)
    said = parser.parse_args()
    tokens = projects(said.home)
    print(f"load average before: {os.getloadavg()[0]:.2f}")
    for name in (*tokens, ""):
        with server(said.home / name, said.port) as (process, started):
            rss = process.memory_info().rss / 1e6
            print(
                f"{name or 'both':10} ready after {started:.2f} s, {cpu(process):.2f} CPU s, {rss:.0f} MB"
            )
    with server(said.home, said.port) as (process, _):
        for name, token in tokens.items():
            for kind, cases in (("known", known), ("own rows", newcomers)):
                made = cases(said.home, name, said.requests)
                with Client(said.port, token) as client:
                    measure(f"{name} {kind}", client, process, made)
        print(f"resident at the end {process.memory_info().rss / 1e6:.0f} MB")
    print(f"load average after: {os.getloadavg()[0]:.2f}")


def measure(name: str, client: Client, process: object, cases: list) -> None:
    """One case a request, one request after the other."""
    requests = [client.request("POST", "/predict", {"cases": [case]}) for case in cases]
    for request in requests[:WARM]:
        client.send(request)
    took, before = [], cpu(process)
    for request in requests:
        begun = time.perf_counter()
        status, body = client.send(request)
        took.append(time.perf_counter() - begun)
        assert status == 200, body
    middle, late = np.percentile(np.array(took) * 1000, [50, 99])
    used = (cpu(process) - before) / len(cases) * 1000
    print(f"{name:20} p50 {middle:6.2f} ms, p99 {late:6.2f} ms, {used:5.2f} CPU ms a request")


if __name__ == "__main__":
    main()
