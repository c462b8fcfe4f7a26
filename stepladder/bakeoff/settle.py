"""A rung is proposed only if it would be with others to learn from: its margin test, made as wide as that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from stepladder.bakeoff.choose import Proposal
from stepladder.bakeoff.compare import Above, Comparison, few
from stepladder.bakeoff.half_samples import PAIRS, Apart
from stepladder.bakeoff.person import is_person
from stepladder.bakeoff.strokes import stretched

LOOK = 2  # pairs of halves after which it is first looked at whether more would change anything
Learn = Callable[[Sequence[str], int], dict[str, Apart | None]]  # as Halves.apart
Choose = Callable[[Comparison], Proposal]
Squares = tuple[float, float]


class Settled(NamedTuple):
    """The comparison as it was made wider, what is proposed by it, and what a person should know."""

    comparison: Comparison
    proposal: Proposal
    notes: tuple[str, ...]


def settled(comparison: Comparison, choose: Choose, apart: Learn, people: str) -> Settled:
    """Propose, make the margin test of what is proposed wider, and propose again, until it stands.

    Nothing is learnt anew where the best or the reference is proposed. Whether the best beats the
    reference is not touched.
    """
    notes: dict[str, str] = {}
    known: dict[tuple[str, int], Apart | None] = {}
    while True:
        proposal = choose(comparison)
        rung, best = proposal.rung, comparison.best
        through = not comparison.beats_reference or rung in ("", best, *notes)
        if through or is_person(rung):
            return Settled(comparison, proposal, tuple(notes.values()))

        def learnt(pair: int, names: tuple[str, ...] = (rung, best)) -> list[Apart | None]:
            missing = [name for name in names if (name, pair) not in known]
            known.update({(name, pair): one for name, one in apart(missing, pair).items()})
            return [known[name, pair] for name in names]

        comparison, pairs, ahead = _tried(comparison, rung, choose, learnt)
        stands = choose(comparison).rung == rung
        notes[rung] = (
            _ahead(rung, best, people) if ahead else _note(rung, best, pairs, stands, people)
        )


def _tried(
    comparison: Comparison,
    rung: str,
    choose: Choose,
    learnt: Callable[[int], list[Apart | None]],
) -> tuple[Comparison, int, bool]:
    """The comparison with the rung's intervals made wider, by how many pairs of halves, and whether the
    best falls behind on them: then its own fits are what is unsure, which is no reason to prefer it."""
    found, worse = comparison, comparison.choose[rung].worse
    squares: list[Squares] = []
    own: list[Squares] = []  # of the rung alone
    behind: list[float] = []  # how much more than the rung the best loses, learnt from halves
    for pair in range(PAIRS):
        mine, bests = learnt(pair)
        if mine is None or bests is None:
            continue
        squares.append(_squares(mine.distance, bests.distance, worse))
        own.append(_squares(mine.distance, 0.0, worse))
        if mine.mean is not None and bests.mean is not None:
            behind.append(bests.mean - mine.mean)
        if len(squares) < LOOK:
            continue
        found = widened(comparison, rung, squares)
        alone = widened(comparison, rung, own)
        if sum(behind) > 0 and choose(found).rung != rung == choose(alone).rung:
            return alone, len(squares), True
        if _plain(comparison, found, rung, squares, choose):
            break
    return found, len(squares), False


def _squares(mine: float, bests: float, worse: float) -> Squares:
    """Of half the distances: the share's contrast, where the reference is taken as it is, and loss − best."""
    return ((mine - (1 - worse) * bests) / 2) ** 2, ((mine - bests) / 2) ** 2


def _plain(
    comparison: Comparison,
    found: Comparison,
    rung: str,
    squares: list[Squares],
    choose: Choose,
) -> bool:
    """Whether it is inside by what is known, or would be outside if all other pairs agreed to a hair."""
    least = widened(comparison, rung, [*squares, *[(0.0, 0.0)] * (PAIRS - len(squares))])
    return choose(found).rung == rung or choose(least).rung != rung


def widened(comparison: Comparison, rung: str, squares: list[Squares]) -> Comparison:
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
        worse_draws=stretched(was.worse_draws, was.worse, share),
        above_draws=stretched(was.above_draws, more, own),
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


def _ahead(rung: str, best: str, people: str) -> str:
    return (
        f"How {best} would do with other {people} to learn from is unsure: learnt from halves of these it "
        f"lost more than {rung} on average. That is no reason to prefer it."
    )
