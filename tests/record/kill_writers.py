"""Kill writers of a record at random moments and look whether it is whole: kill_writers.py URL N.

A program of its own, with one thread, so that it may fork writers that need not start up.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time

from stepladder.record import Loss, Record, Stored

LOSSES, FILES = 40, 10


def write_on(url: str, ready: int) -> None:
    record = Record.open(url, "p")
    while True:
        number = record.begin_bakeoff("q", settings="s" * 5000, data_fingerprint="f", versions={})
        losses = [Loss(f"r1_{i}", 1, "2026-01-01", "choose", "ok", 0.5) for i in range(LOSSES)]
        stored = [
            Stored("q", f"r1_{i}", "2026-01-01", f"{i}.parquet", "ab", 1) for i in range(FILES)
        ]
        record.finish_bakeoff(number, {"text": "x" * 20_000}, losses, stored)
        os.write(ready, b".")


def check(url: str) -> int:
    """Every bake-off is wholly there or has only begun; returns how many are there."""
    record = Record.open(url, "p")
    files: dict[int | None, int] = {}
    for stored in record.predictions("q"):
        files[stored.bakeoff] = files.get(stored.bakeoff, 0) + 1
    bakeoffs = record.bakeoffs("q")
    for bakeoff in bakeoffs[-10:]:
        done = bakeoff.status == "done"
        there = (len(record.losses(bakeoff.id)), files.get(bakeoff.id, 0), bakeoff.result is None)
        assert there == ((LOSSES, FILES, False) if done else (0, 0, True)), (bakeoff.id, there)
    return len(bakeoffs)


def main(url: str, kills: int) -> None:
    Record.make(url, "p")
    chance = random.Random(1)
    seen, ready = os.pipe()
    for i in range(kills):
        writer = os.fork()
        if writer == 0:
            write_on(url, ready)
        if i % 3:  # every third is killed while it opens the record
            os.read(seen, 1)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(writer, signal.SIGKILL)
        _, status = os.waitpid(writer, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "the writer died by itself"
        written = check(url)
    assert written >= kills // 2
    sys.stdout.write(f"{kills} kills, {written} bake-offs, all whole\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
