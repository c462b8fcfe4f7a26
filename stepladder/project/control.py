"""Some of a list are left alone, drawn by lot: what they do is what all would have done anyway."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from stepladder.core.ask import share
from stepladder.core.errors import Problem
from stepladder.core.stats import MOSTLY

UNKNOWN = 0.5  # the base rate where nothing is known of it: there chance plays most
EXAMPLE = "e.g. --control 10% or --control 50"


@dataclass(frozen=True)
class Control:
    """How many are left alone and how many called, and the smallest difference that this can show.

    base: of all like these, the share of whom anything came, in the window since that day; one half
    where no window says (`since` is empty then). detectable, with_half: differences of shares, the
    second where half of the list were left alone.
    """

    left_alone: int
    called: int
    base: float
    since: str
    detectable: float
    with_half: float

    @staticmethod
    def of(left_alone: int, called: int, like: tuple[float, str] | None) -> Control:
        """What so many left alone can show, beside so many called."""
        base, since = like or (UNKNOWN, "")
        half, listed = (left_alone + called) // 2, left_alone + called
        # between none and all, chance is never quite still: as if one more had and one had not
        steady = (base * listed + 1) / (listed + 2)
        most = detectable(steady, half, listed - half)
        return Control(
            left_alone, called, base, since, detectable(steady, left_alone, called), most
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it can show, in frequencies."""
        came, most = round(100 * self.base), round(100 * self.with_half)
        points = round(100 * self.detectable)
        found = (
            f"Of 100 on such a list in the window from {self.since}, something came of {came}."
            if self.since
            else "Of how many something comes anyway no bake-off says yet: 50 of 100 are assumed."
        )
        arms = f"{self.left_alone:,} left alone against {self.called:,} called"
        shows = f"can show an effect of the calls of {points} in 100; a smaller one may stay unseen"
        if points >= 100:
            shows = "are too few to show anything, even if all who are called came"
        elif points > 100 - came:
            shows = (
                f"cannot show that calls help: it takes a difference of {points} in 100, and only "
                f"{100 - came} more can come"
            )
        half = f" With half of the list left alone it takes {most}."
        more = (
            half if most < points and most <= 100 - came else ""
        )  # else half shows nothing either
        return found, f"{arms} {shows} (power 80 %, 5 % two-sided).{more}"


def detectable(base: float, left_alone: int, called: int) -> float:
    """The smallest difference of two shares that is found four times of five, at 5 % two-sided."""
    return float(
        MOSTLY * (base * (1 - base) * (1 / max(left_alone, 1) + 1 / max(called, 1))) ** 0.5
    )


def size(control: str | float, listed: int) -> int:
    """How many of a list are left alone: a number, or a share such as "10%". Raises Problem."""
    found = _read(control, listed)
    if found is None:
        raise Problem(
            f"--control {control}",
            "how many are left alone: a number, or a share of the list",
            EXAMPLE,
        )
    if not 0 < found < listed:
        nobody = "nobody alone" if found <= 0 else "nobody to call"
        raise Problem(
            f"--control {control} of a list of {listed:,} leaves {nobody}",
            "some of the list are called and some are left alone",
            f"{EXAMPLE}, or a longer list",
        )
    return found


def _read(control: str | float, listed: int) -> int | None:
    try:
        if "%" in str(control):
            return round(float(str(share(control))) * listed)
        said = float(control)
    except ValueError:
        return None
    if said.is_integer():
        return int(said)
    return round(said * listed) if 0 < said < 1 else None


def lot(salt: str, key: str) -> str:
    """A ticket for a case: the same whenever it is drawn, and no order that anybody can see in the ids."""
    return hashlib.md5(f"{salt}\0{key}".encode(), usedforsecurity=False).hexdigest()


def drawn(keys: Sequence[str], many: int, salt: str) -> set[int]:
    """The places of so many, drawn by lot."""
    return set(sorted(range(len(keys)), key=lambda nth: lot(salt, keys[nth]))[:many])
