"""Exact versions of everything that runs here: so it runs alike elsewhere, and next year."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Sequence

from packaging.requirements import Requirement

from stepladder.core.errors import Problem

Wanted = tuple[str, frozenset[str]]  # a distribution, and the extras asked of it


def lock(extras: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """`name==version` of all that stepladder with these extras needs, found among what is installed.

    The installed metadata hold no hashes of the archives that they came from, so there are none here.
    Raises Problem where something is not installed.
    """
    found: dict[str, str] = {}
    seen: set[Wanted] = set()
    waiting: list[Wanted] = [("stepladder", frozenset(extras)), *((n, frozenset()) for n in also)]
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        name, distribution = wanted[0], _installed(*wanted)
        found[name] = distribution.version
        waiting += _needed(distribution, wanted[1])
    del found["stepladder"]  # it lies beside, as a wheel
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _needed(
    distribution: importlib.metadata.Distribution, extras: frozenset[str]
) -> Iterator[Wanted]:
    for text in distribution.requires or ():
        need = Requirement(text)
        asked = [{"extra": extra} for extra in (*extras, "")]
        if need.marker is None or any(need.marker.evaluate(each) for each in asked):
            yield re.sub(r"[-_.]+", "-", need.name).lower(), frozenset(need.extras)


def _installed(name: str, extras: frozenset[str]) -> importlib.metadata.Distribution:
    try:
        found = importlib.metadata.distribution(name)
        if name != "stepladder" or extras <= set(found.metadata.get_all("Provides-Extra") or ()):
            return found
    except importlib.metadata.PackageNotFoundError:
        pass
    raise Problem(
        f"{name} is not installed here",
        "a bundle pins what runs here, the service included",
        "pip install 'stepladder[ship]'" + ("" if name == "stepladder" else f" {name}"),
    )
