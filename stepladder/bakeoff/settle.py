"""A rung is proposed only if it would be with others to learn from: its margin test, made as wide as that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from stepladder.bakeoff.choose import Proposal
from stepladder.bakeoff.compare import Above, Comparison, few
from stepladder.bakeoff.half_samples import PAIRS
from stepladder.bakeoff.person import is_person

LOOK = 2  # pairs of halves after which it is first looked at whether more would change anything
Apart = Callable[[Sequence[str], int], dict[str, float | None]]  # as Halves.apart
Choose = Callable[[Comparison], Proposal]


class Settled(NamedTuple):
    """The comparison as it was made wider, what is proposed by it, and what a person should know."""

    comparison: Comparison
    proposal: Proposal
    notes: tuple[str, ...]


def settled(comparison: Comparison, choose: Choose, apart: Apart, people: str) -> Settled:
    """Propose, make the margin test of what is proposed wider, and propose again, until it stands.

    Nothing is learnt anew where the best or the reference is proposed. Whether the best beats the
    reference is not touched.
    """
    notes: dict[str, str] = {}
    known: dict[tuple[str, int], float | None] = {}
    while True:
        proposal = choose(comparison)
        rung, best = proposal.rung, comparison.best
        through = not comparison.beats_reference or rung in ("", best, *notes)
        if through or is_person(rung):
            return Settled(comparison, proposal, tuple(notes.values()))

        def strays(pair: int, names: tuple[str, ...] = (rung, best)) -> list[float | None]:
            missing = [name for name in names if (name, pair) not in known]
            known.update({(name, pair): d for name, d in apart(missing, pair).items()})
            return [known[name, pair] for name in names]

        comparison, pairs = _tried(comparison, rung, choose, strays)
        notes[rung] = _note(rung, best, pairs, choose(comparison).rung == rung, people)


def _tried(
    comparison: Comparison,
    rung: str,
    choose: Choose,
    strays: Callable[[int], list[float | None]],
) -> tuple[Comparison, int]:
    """The comparison with the rung's intervals made wider, and by how many pairs of halves."""
    found, squares, worse = comparison, list[tuple[float, float]](), comparison.choose[rung].worse
    for pair in range(PAIRS):
        mine, bests = strays(pair)
        if mine is None or bests is None:
            continue
        # the reference, which counts by `worse` only, is taken as it is
        squares.append((((mine - (1 - worse) * bests) / 2) ** 2, ((mine - bests) / 2) ** 2))
        found = widened(comparison, rung, squares)
        if len(squares) >= LOOK and _plain(comparison, found, rung, squares, choose):
            break
    return found, len(squares)


def _plain(
    comparison: Comparison,
    found: Comparison,
    rung: str,
    squares: list[tuple[float, float]],
    choose: Choose,
) -> bool:
    """Whether it is inside by what is known, or would be outside if all other pairs agreed to a hair."""
    least = widened(comparison, rung, [*squares, *[(0.0, 0.0)] * (PAIRS - len(squares))])
    return choose(found).rung == rung or choose(least).rung != rung


def widened(comparison: Comparison, rung: str, squares: list[tuple[float, float]]) -> Comparison:
    """The comparison with a rung's intervals as wide as its own fit and the best's make them.

    squares: for each pair of halves, of half the distance between them, the share's contrast and the
    loss − best. Halves of n vary twice as much as the whole, and half the distance half as much again.
    """
    times = []
    for nth, variance in enumerate(comparison.variance[rung]):
        fit = few(len(squares)) * sum(one[nth] for one in squares) / len(squares)
        times.append((1 + fit / variance.whole) ** 0.5 if variance.whole > 0 else 1.0)
    share, own = times
    was, (more, least, most) = comparison.choose[rung], comparison.above_best[rung]
    above = Above(more, more - own * (more - least), more + own * (most - more))
    wider = replace(
        was,
        worse_low=was.worse - share * (was.worse - was.worse_low),
        worse_high=was.worse + share * (was.worse_high - was.worse),
    )
    return replace(
        comparison,
        choose={**comparison.choose, rung: wider},
        above_best={**comparison.above_best, rung: above},
    )


def _note(rung: str, best: str, pairs: int, stands: bool, people: str) -> str:
    if not pairs:
        return (
            f"The interval of {rung} does not hold how it and {best} would do with other {people} to "
            f"learn from: they could not be learnt from half of these."
        )
    halves = f"{pairs} pairs of halves" if pairs > 1 else "two halves"
    learnt = f"it and {best} were learnt from {halves} of the {people}"
    if stands:
        return (
            f"The interval of {rung} also holds how it would do with other {people} to learn from: "
            f"{learnt}."
        )
    return (
        f"{rung} was inside the margin on these {people}, but with others to learn from it might well "
        f"not be: {learnt}, and what they then lose differs too much. So it is not proposed."
    )
