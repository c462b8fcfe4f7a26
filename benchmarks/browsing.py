"""Many people at once: errors and milliseconds of the pages that they look at, link by link.

    python benchmarks/browsing.py --project stepladder-try --people 50

Each comes in by a session of their own and looks at random pages, one after the other, with a second
to read in between.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import threading
import time
from html import unescape
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from stepladder.pages.door import COOKIE
from stepladder.pages.house import house
from stepladder.record.entries import session
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import hashed, new

LEAVE_OUT = ("/static", "/enter")


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=Path("stepladder-try"))
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--reads", type=float, default=1.0, help="seconds between two pages")
    said = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.2f}")
    shelf = Shelf.of(said.project)
    config = uvicorn.Config(house(shelf, Limits(rate=0)), port=0, log_config=None)
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    at = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    took: list[float] = []
    wrong: list[str] = []
    project = next(iter(shelf.keys.projects.values()))
    secrets = [
        session(project.record, hashed(new(project, f"reader {n}", ["read"])))
        for n in range(said.people)
    ]
    shelf.keys.look(next(iter(shelf.keys.projects)))
    crowd = [
        threading.Thread(target=browse, args=(at, secret, n, said.pages, said.reads, took, wrong))
        for n, secret in enumerate(secrets)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    middle, late = np.percentile(np.array(took) * 1000, [50, 95])
    print(f"{len(took)} pages, {len(wrong)} errors, p50 {middle:.0f} ms, p95 {late:.0f} ms")
    for each in sorted(set(wrong))[:10]:
        print(each)
    print(f"load average after: {os.getloadavg()[0]:.2f}")
    server.should_exit = True


def browse(
    at: str, secret: str, seed: int, pages: int, reads: float, took: list[float], wrong: list[str]
) -> None:
    """One person: from the first page on, wherever a link leads."""
    chance, address = random.Random(seed), "/"
    with httpx.Client(base_url=at, cookies={COOKIE: secret}, timeout=60) as client:
        for _ in range(pages):
            begun = time.perf_counter()
            answer = client.get(address)
            took.append(time.perf_counter() - begun)
            if answer.status_code != 200:
                wrong.append(f"{address}: {answer.status_code}")
            links = map(unescape, re.findall(r'href="(/[^"#]*)', answer.text))
            address = chance.choice(
                [one for one in links if not one.startswith(LEAVE_OUT)] or ["/"]
            )
            time.sleep(chance.uniform(0, 2 * reads))


if __name__ == "__main__":
    main()
