"""Are bad nights stopped, and honest ones let pass? Sources that go wrong overnight, and honest years.

python benchmarks/nights.py                 the figures: seed FINAL, an hour or two of two cores
python benchmarks/nights.py --tuning        the same on the sources by which limits are set
python benchmarks/nights.py --sources 3 --years 10 --stretches 8     a look

Bad: an honest shop drawn from a stated prior, last night's and tonight's tables, and tonight's spoilt in
one of the listed ways; text files go through the reader as well. Honest: 365 nights of each shop through the
checks. A stop or remark counts on every night on which it is said; none where nothing has changed.
"""

from __future__ import annotations

import argparse
import builtins
import json
import os
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from nights_bad import Ill, Severity
from nights_bad_items import severities
from nights_judged import RULE, Night, days, kept, outcome, right
from nights_shops import NIGHTS, PRIOR, Shop, draw
from nights_text import Text, texts, through

TUNING, FINAL = (
    11,
    2026,
)  # limits are set on sources of the first, and judged on those of the second
FEWEST = 5  # rows of the newest day, without which nobody could see that they are wrong
WEEK = 7
QUICK = (  # one or two of each kind
    ("shrunk", "40% of the rows gone at random"),
    ("shifted", "every date by -1 days"),
    ("rescaled", "values × 1.17 throughout"),
    ("renamed", "ids of customers prefixed"),
    ("doubled", "everything twice"),
    ("late", "as of 60 nights ago"),
    ("emptied", "value empty throughout"),
    ("catalogue", "the category Tea is called 'Teas'"),
    ("catalogue", "category empty"),
    ("re-typed", "half of the dates n/a"),
    ("file", "cut off in the middle"),
)


@dataclass(frozen=True)
class Judged:
    """What came of one bad night."""

    kind: str
    words: str
    shop: int
    should: str
    came: str
    said: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Stopped where it should be, told at least where that is right, not stopped where all is well."""
        enough = {"stop": ("stop",), "tell": ("stop", "tell"), "pass": ("tell", "silent")}
        return self.came in enough[self.should]


def spoilt(seed: int, each: Severity | Text, number: int) -> Judged:
    """One bad night, of a shop that has such tables."""
    text = isinstance(each, Text)
    question = "" if text else each.of
    usual = (6.0, 40.0) if text else (max(4.0, each.usual * 1.5), 500.0 if each.usual else 150.0)
    shop = draw(seed, number, question, usual)
    while not text and each.ruled and not shop.ask.settings.exclude:
        number += 1_000_000
        shop = draw(seed, number, question, usual)
    rng = np.random.default_rng([seed, number, 1])
    with tempfile.TemporaryDirectory() as room:
        night = _night(shop, rng, 0 if text else each.usual)
        if text:
            return _read(shop, night, each, rng, Path(room))
        return _changed(shop, night, each, rng, Path(room))


def _night(shop: Shop, rng: np.random.Generator, usual: float) -> int:
    """A night with new rows, as many as are usual where that matters."""
    perhaps = rng.permutation(np.arange(shop.first_night + 1, shop.first_night + NIGHTS - 1))
    newest = np.bincount(shop.day[shop.arrives == shop.day + 1], minlength=perhaps.max() + 1)
    return int(next(n for n in perhaps if newest[n - 1] >= max(FEWEST, usual)))


def _changed(
    shop: Shop, night: int, each: Severity, rng: np.random.Generator, room: Path
) -> Judged:
    good = shop.tables(night)
    bad = each.spoil(Ill(shop, night, good, rng))
    should = each.right or right(shop.ask, good, bad)
    before = kept(shop.tables(night - 1), room, "before")
    came, said = outcome(Night(shop.ask, before, kept(bad, room, "now")))
    return Judged(each.kind, each.words, shop.number, should, came, tuple(said))


def _read(shop: Shop, night: int, each: Text, rng: np.random.Generator, room: Path) -> Judged:
    read = through(shop, night, each, rng, room)
    if read.refused:
        return Judged(each.kind, each.words, shop.number, "stop", "stop", (read.refused,))
    bad = {name: pq.read_table(path) for name, path in read.now.items()}
    should = each.right or right(shop.ask, read.good, bad)
    came, said = outcome(Night(shop.ask, read.before, read.now))
    return Judged(each.kind, each.words, shop.number, should, came, tuple(said))


@dataclass(frozen=True)
class Year:
    """An honest source's nights: how many were looked at, and what was said on which."""

    shop: int
    words: str
    nights: int
    stops: int
    remarks: int
    said: tuple[tuple[str, str], ...]  # severity, sentence


def honest(seed: int, stretches: int, number: int) -> Year:
    """The nights of one source, all of them or some weeks of the year."""
    shop = draw(seed, number)
    first, last = shop.first_night + 1, shop.first_night + NIGHTS
    begins = np.linspace(first, last - WEEK, stretches).astype(int) if stretches else [first]
    stretch = WEEK if stretches else NIGHTS - 1
    said = [
        one for begin in begins for one in _nights(shop, range(int(begin), int(begin) + stretch))
    ]
    count = Counter(severity for severity, _ in said)
    window = f", {shop.ask.nightly.window} days kept" if shop.ask.nightly.window else ""
    words = f"{shop.ask.question}, {shop.kind}, {shop.usual:.0f} rows a day{window}"
    return Year(number, words, stretch * len(begins), count["stop"], count["tell"], tuple(said))


def _nights(shop: Shop, nights: Iterable[int]) -> Iterator[tuple[str, str]]:
    """What is said on nights that follow one another."""
    with tempfile.TemporaryDirectory() as room:
        before, was = None, None
        for night in (nights[0] - 1, *nights):
            tables = shop.tables(night)
            now = kept(tables, Path(room), str(night % 2))
            same = was is not None and all(tables[name].equals(was[name]) for name in tables)
            if before is not None and not same and _last(shop, tables) > 0:
                came, said = outcome(Night(shop.ask, before, now))
                worst = "tell" if came == "tell" else "stop"
                yield from ((worst, f"night {night}: {one}") for one in said)
            before, was = now, tables


def _last(shop: Shop, tables: dict) -> int:
    return int(days(tables[shop.main]).max(initial=0))


def every(
    work: Callable, of: type, jobs: list, workers: int, store: Path | None, so_far: bool = False
) -> list:
    """All that come of the jobs, in their order; each is kept in the store, and done once."""
    done = _stored(store, of)
    left = [] if so_far else [job for job in jobs if job not in done]
    with ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
        for job, one in zip(
            left,
            (pool or builtins).map(work, *zip(*left, strict=True)) if left else (),
            strict=True,
        ):
            done[job] = one
            if store:
                with store.open("a") as lines:
                    print(json.dumps([of.__name__, job, asdict(one)]), file=lines)
    return [done[job] for job in jobs if job in done]


def _stored(store: Path | None, of: type) -> dict:
    lines = store.read_text().splitlines() if store and store.exists() else []
    found = [json.loads(line) for line in lines]
    return {
        tuple(job): of(**{**one, "said": tuple(map(_plain, one["said"]))})
        for name, job, one in found
        if name == of.__name__
    }


def _plain(said: str | list[str]) -> str | tuple[str, ...]:
    return said if isinstance(said, str) else tuple(said)


def bad_jobs(seed: int, sources: int, only: str = "") -> list[tuple]:
    """Every severity with so many sources of its own."""
    listed = [each for each in (*severities(), *texts()) if only in each.kind]
    return [(seed, each.kind, each.words, n) for n in range(sources) for each in listed]


def bad_night(seed: int, kind: str, words: str, n: int) -> Judged:
    """By its name: what spoils is a function, which no other process can be sent."""
    each = next(e for e in (*severities(), *texts()) if (e.kind, e.words) == (kind, words))
    return spoilt(seed, each, zlib.crc32(f"{kind} {words}".encode()) % 1_000_000 + 1_000 + n)


def table(found: list[Judged]) -> str:
    """What came, by kind and severity, and what was missed."""
    rows = [f"{'kind':10} {'what':58} {'n':>3} should stop/tell/pass  came stop/tell/silent  right"]
    groups: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in found:
        groups[one.kind, one.words].append(one)
    for (kind, words), these in groups.items():
        should, came = (Counter(getattr(one, part) for one in these) for part in ("should", "came"))
        fine = sum(one.fine for one in these)
        rows.append(
            f"{kind:10} {words:58.58} {len(these):3}   "
            + "".join(f"{should[one]:3} " for one in ("stop", "tell", "pass"))
            + "         "
            + "".join(f"{came[one]:3} " for one in ("stop", "tell", "silent"))
            + f"       {fine:3}"
            + ("" if fine == len(these) else "  <")
        )
    rows.append("")
    for kind in dict.fromkeys(one.kind for one in found):
        these = [one for one in found if one.kind == kind]
        fine = sum(one.fine for one in these)
        rows.append(f"{kind}: {fine} of {len(these)} right, {30 * fine / len(these):.1f} of 30")
    fine = sum(one.fine for one in found)
    rows.append(f"all: {fine} of {len(found)} right, {fine / len(found):.1%}")
    return "\n".join(rows)


def missed(found: list[Judged]) -> str:
    """Each bad night whose outcome is not right, with what was said."""
    return "\n".join(
        f"{one.kind}: {one.words} (shop {one.shop}): should {one.should}, came {one.came}"
        + "".join(f"\n    {said}" for said in one.said[:2])
        for one in found
        if not one.fine
    )


def figures(years: list[Year], seed: int) -> str:
    """Stops and remarks a source-year, intervals by source."""
    rng = np.random.default_rng(seed)
    share = np.array([(NIGHTS - 1) / year.nights for year in years])
    rows = []
    for word in ("stops", "remarks"):
        each = np.array([getattr(year, word) for year in years]) * share
        again = each[rng.integers(0, len(each), (4000, len(each)))].mean(axis=1)
        low, high = np.quantile(again, (0.025, 0.975))
        rows.append(
            f"{word} a source-year: {each.mean():.2f} [{low:.2f}, {high:.2f}]; none in "
            f"{(each == 0).mean():.0%} of {len(each)} sources, most {each.max():.0f}"
        )
    return "\n".join(rows)


def said_most(years: list[Year]) -> str:
    """Sources with stops or most remarks, and what was said there first."""
    worst = sorted(years, key=lambda year: (year.stops, year.remarks), reverse=True)[:12]
    lines = []
    for year in worst:
        if year.said:
            lines.append(f"{year.shop}: {year.words}: {year.stops} stops, {year.remarks} remarks")
            first = sorted(year.said, key=lambda one: one[0] != "stop")
            lines += [f"    {severity}: {words}" for severity, words in first[:4]]
    return "\n".join(lines)


def main() -> None:
    """Print the prior, the rule, what came of bad nights and of honest ones."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument(
        "--tuning", action="store_true", help="on the sources by which limits are set"
    )
    options.add_argument("--sources", type=int, default=5, help="of each severity")
    options.add_argument("--years", type=int, default=200, help="honest sources")
    options.add_argument(
        "--stretches", type=int, default=0, help="weeks of an honest year; 0: all nights"
    )
    options.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options.add_argument("--only", default="", help="one kind")
    options.add_argument(
        "--store", type=Path, help="a file that keeps each result, so that one can go on"
    )
    options.add_argument("--so-far", action="store_true", help="only what is in the store")
    asked = options.parse_args()
    seed, began = TUNING if asked.tuning else FINAL, time.monotonic()
    print(
        f"seed {seed} ({'setting limits' if asked.tuning else 'final'})\n{PRIOR}\n\n{RULE}\n",
        flush=True,
    )
    how = (asked.workers, asked.store, asked.so_far)
    if found := every(bad_night, Judged, bad_jobs(seed, asked.sources, asked.only), *how):
        print(f"{table(found)}\n\n{missed(found)}\n", flush=True)
    jobs = [(seed, asked.stretches, n) for n in range(asked.years)]
    if years := every(honest, Year, jobs, *how):
        print(f"{figures(years, seed)}\n{said_most(years)}")
    print(f"{time.monotonic() - began:,.0f} s by the clock")


if __name__ == "__main__":
    main()
