"""Does the watch sleep when nothing happens, and wake when something does? Alarms in simulated years.

Each year has 50 inputs of 10,000 rows a week, watched by mean, spread and share of gaps. As in real weeks:
an effect of the week on everybody (autocorrelation .5), a yearly season, rows of one unit that are alike.
A row's own spread is 1, so a shift of .2 is a fifth of it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from stepladder.watch.drift import SHARE
from stepladder.watch.drift_alarms import judge

INPUTS, ROWS, RHO, YEAR = 50, 10_000, 0.5, 52.18
ROWS_PER_UNIT = 5
ALIKE = 0.3  # correlation of a unit's rows: the error is 1.48 times the naive
STATISTICS = 3
ALPHA = SHARE * 0.8 / (52 * INPUTS * STATISTICS)  # of .8 false alarms a year
NAIVE = 1 / ROWS**0.5
SAMPLING = NAIVE * (1 + (ROWS_PER_UNIT - 1) * ALIKE) ** 0.5


@dataclass(frozen=True)
class World:
    """What weeks do: sd of their effect, how heavy its tails are (df of a t), which seasons there are."""

    effect: float = 0.02
    tail: int = 0
    waves: bool = True
    christmas: bool = False

    def __str__(self) -> str:
        heavy = f", shocks t with {self.tail} df" * bool(self.tail)
        seasons = ", no season" * (not self.waves) + ", four weeks of Christmas" * self.christmas
        return f"weekly sd {self.effect:.2f}{heavy}{seasons}"


def weeks(rng: np.random.Generator, n: int, series: int, world: World) -> np.ndarray:
    """Weekly statistics: a season, the week's effect on all rows, and sampling."""
    t = np.arange(n)[:, None]
    size, turn = rng.uniform(0.1, 0.3, series), rng.uniform(0, 2 * np.pi, series)
    season = size * np.sin(2 * np.pi * t / YEAR + turn)
    season += 0.3 * size * np.sin(4 * np.pi * t / YEAR + 2 * turn)
    bump = rng.uniform(-0.5, 0.5, series) * (np.floor(t % YEAR) >= 47) * (np.floor(t % YEAR) < 51)
    shock = rng.normal(size=(n, series))
    if world.tail:
        shock = rng.standard_t(world.tail, (n, series)) * ((world.tail - 2) / world.tail) ** 0.5
    moved = np.empty((n, series))
    moved[0] = shock[0]
    for week in range(1, n):
        moved[week] = RHO * moved[week - 1] + (1 - RHO**2) ** 0.5 * shock[week]
    steady = season * world.waves + bump * world.christmas
    return steady + world.effect * moved + rng.normal(0, SAMPLING, (n, series))


def null_years(years: int, past: int, world: World, seed: int) -> str:
    """Alarms of years in which nothing happens, beside what other rules would have raised."""
    rng, alarms, naive, psi = np.random.default_rng(seed), [], [], []
    for start in range(0, years, 10):
        some = min(10, years - start)
        # spread and share of gaps: the same kinds of effects, in units in which their naive error is NAIVE
        weekly = weeks(rng, past + 52, some * INPUTS * STATISTICS, world)
        judged = judge(weekly, np.full(weekly.shape, NAIVE), ALPHA)
        year = np.array([series // (INPUTS * STATISTICS) for _, series in judged.openings], int)
        alarms += list(np.bincount(year, minlength=some))
        mean = weekly[:, : some * INPUTS].reshape(past + 52, some, INPUTS)
        apart = mean[past:] - mean[:past].mean(axis=0)
        naive += list((np.abs(apart) > 1.96 * NAIVE * (1 + 1 / past) ** 0.5).sum(axis=(0, 2)))
        psi += list((apart**2 > 0.1).sum(axis=(0, 2)))
    a = np.array(alarms)
    return (
        f"{past:4} past weeks, {world}: {a.mean():.2f} ± {a.std(ddof=1) / len(a) ** 0.5:.2f} alarms a year, "
        f"none in {(a == 0).mean():.0%} of years, most {a.max()}; sampling error alone "
        f"{np.mean(naive):,.0f}, PSI above .1 {np.mean(psi):.0f}"
    )


def found(shift: float, past: int, effect: float, seed: int, runs: int) -> float:
    """The share of runs in which a shift is found in its second week."""
    weekly = weeks(np.random.default_rng(seed), past + 2, runs, World(effect))
    weekly[-2:] += shift
    return float(
        (judge(weekly, np.full(weekly.shape, NAIVE), ALPHA, replayed=1).opened >= 0).mean()
    )


def promised(past: int, effect: float, seed: int, runs: int) -> tuple[float, float]:
    """The smallest shift that each series' own past promises to be found, and how often it then is."""
    weekly = weeks(np.random.default_rng(seed), past + 2, runs, World(effect))
    naive = np.full(weekly.shape, NAIVE)
    smallest = judge(weekly, naive, ALPHA, replayed=1).smallest
    weekly[-2:] += smallest
    opened = judge(weekly, naive, ALPHA, replayed=1).opened
    return float(np.median(smallest)), float((opened >= 0).mean())


def smallest_found(past: int, effect: float, seed: int, runs: int) -> float:
    """The smallest shift, to a hundredth, that is found in 90 % of the runs."""
    low, high = 0, 300
    while high - low > 1:
        middle = (low + high) // 2
        enough = found(middle / 100, past, effect, seed, runs) >= 0.9
        low, high = (low, middle) if enough else (middle, high)
    return high / 100


def every_night(years: int, seed: int, effect: float = 0.02, past: int = 104) -> str:
    """Alarms of null years watched every night: weeks end on every day; within a quarter one counts once."""
    alarms = 0
    for start in range(0, years, 5):
        series = min(5, years - start) * INPUTS * STATISTICS
        daily = days(np.random.default_rng(seed + start), 7 * (past + 53), series, effect)
        ended: list[set[int]] = [set() for _ in range(series)]
        for last in range(7):
            weekly = daily[last : last + 7 * (past + 52)].reshape(past + 52, 7, series).mean(axis=1)
            for week, which in judge(weekly, np.full(weekly.shape, NAIVE), ALPHA).openings:
                ended[which].add(7 * week + last)
        for each in ended:
            upto = -1
            for day in sorted(each):
                alarms += day >= upto
                upto = max(upto, day + 98)
    return f"{past:4} past weeks, weekly sd {effect:.2f}, {years} years: {alarms / years:.2f} alarms a year"


def days(rng: np.random.Generator, n: int, series: int, effect: float) -> np.ndarray:
    """Daily statistics whose weeks are those of `weeks`, nearly."""
    t = np.arange(n)[:, None] / 7
    size, turn = rng.uniform(0.1, 0.3, series), rng.uniform(0, 2 * np.pi, series)
    season = size * np.sin(2 * np.pi * t / YEAR + turn)
    season += 0.3 * size * np.sin(4 * np.pi * t / YEAR + 2 * turn)
    rho, moved = RHO ** (1 / 7), np.empty((n, series))
    moved[0] = rng.normal(size=series)
    for day in range(1, n):
        moved[day] = rho * moved[day - 1] + (1 - rho**2) ** 0.5 * rng.normal(size=series)
    usual = moved[: n // 7 * 7].reshape(-1, 7, series).mean(axis=1).std()
    return season + effect * moved / usual + rng.normal(0, SAMPLING * 7**0.5, (n, series))


NULLS = (
    (104, World()),
    (52, World()),
    (26, World()),
    (104, World(christmas=True)),
    (104, World(tail=4)),
    (104, World(0.03)),
    (156, World()),
    (78, World()),
    (26, World(waves=False)),
)


def main() -> None:
    """Print false alarms, detections and the smallest shift that is found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--years", type=int, default=200)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    began = time.process_time()
    print(
        f"A shift of .2 found within two weeks, and the smallest found in 90 % of {asked.runs:,} runs;"
    )
    print("the smallest that the page promises to find (median), and how often that is found:")
    for past in (104, 156, 78, 52, 30):
        for effect in (0.01, 0.02, 0.03, 0.04, 0.05):
            of = past, effect, asked.seed + 1, asked.runs
            said, kept = promised(*of)
            print(
                f"  {past:4} past weeks, weekly sd {effect:.2f}: {found(0.2, *of):6.1%}, "
                f"smallest {smallest_found(*of):.2f}; promised {said:.2f}, kept in {kept:.0%}",
                flush=True,
            )
    print(
        f"{asked.years} simulated years of {INPUTS} inputs in which nothing happens, seed {asked.seed}"
    )
    for past, world in NULLS:
        print(" ", null_years(asked.years, past, world, asked.seed), flush=True)
        if (past, world) == NULLS[0]:
            print(
                "  the same watched every night:",
                every_night(asked.years // 4, asked.seed),
                flush=True,
            )
    print(f"{time.process_time() - began:.0f} CPU s")


if __name__ == "__main__":
    main()
