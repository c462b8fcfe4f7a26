"""Persons to learn from: chosen so that each teaches something, and always the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from stepladder.core.stats import Floats
from stepladder.core.view import Example, View
from stepladder.questions.recommend import marked, person_lists
from stepladder.questions.recommend.marked import Bools, Marks
from stepladder.questions.recommend.person_lists import Asked

FEW = 5  # items of somebody who has not many
GONE = """
select likes.person, count(distinct likes.item) as had
from likes join gone on likes.person = gone.person
group by likes.person order by had desc, likes.person limit 1
"""


@dataclass(frozen=True)
class Pick:
    """One person, who was asked for them, and why they are here."""

    kind: str
    person: Any
    asked: Any
    reason: str


def pick(view: View, n: int) -> list[Example]:
    """At most n persons, each of another kind."""
    picks = [*_picks(view)][:n]
    asked = [Asked(each.person, each.asked) for each in picks]
    stories = person_lists.tell(view, asked, person_lists.in_order(view, marked.other(view)))
    return [_told(each, one) for each, one in zip(picks, stories, strict=True)]


def story(view: View, person: Any) -> Example:
    """One person, whatever there is to learn from them."""
    order = person_lists.in_order(view, view.reference)
    (one,) = person_lists.tell(view, [Asked(person, person)], order)
    return _told(Pick("", person, person, ""), one)


def _told(pick: Pick, story: person_lists.Story) -> Example:
    return Example(
        key=str(pick.person),
        kind=pick.kind,
        reason=pick.reason,
        strip=None,
        facts=(),
        table="interactions",
        past=story.past,
        lists=story.lists,
        came=story.came,
    )


def _picks(view: View) -> Iterator[Pick]:
    mine, other = marked.lists(view, view.rung), marked.other(view)
    usual = marked.lists(view, other)
    regular = (
        mine.known & (mine.had >= np.median(mine.had[mine.known]))
        if mine.known.any()
        else mine.known
    )
    taken: set[int] = set()

    def one(kind: str, who: Bools, rank: Floats, reason: str) -> Iterator[Pick]:
        """The first by rank of these who is not here yet."""
        for i in np.argsort(rank, kind="stable"):
            if who[i] and int(i) not in taken:
                taken.add(int(i))
                person, asked = mine.person[int(i)].as_py(), mine.asked[int(i)].as_py()
                yield Pick(kind, person, asked, reason.format(**_figures(mine, usual, int(i))))
                return

    yield from one("regular", regular & (mine.hit > 0), _usual(mine, regular & (mine.hit > 0)),
                   "Had {had} when asked, at least as many as half of those known, and went on to "
                   "take {came}.")  # fmt: skip
    few = mine.known & (mine.had <= FEW)
    yield from one("few items", few & (mine.hit > 0) if (few & (mine.hit > 0)).any() else few,
                   _usual(mine, few), "Had {had} when asked: little to go by.")  # fmt: skip
    yield from _newcomer(mine, taken)
    yield from one("best hit", mine.known & (mine.hit > 1), -mine.mark,
                   "{hits} in one list: {higher} of those known had one that was marked higher.")  # fmt: skip
    yield from one("biggest miss", regular & (mine.hit == 0) & (mine.came > 0), -mine.came.astype(float),
                   "Went on to take {came}, and none of them stood in the list.")  # fmt: skip
    if other != view.rung:
        worse = usual.mark - mine.mark
        yield from one(f"“{view.labels[other]}” did better", mine.known & (worse > 0.01), -worse,
                       "Nobody is served well by one rung alone: this list was marked {mark}, the other "
                       "one {other}.")  # fmt: skip
    yield from _gone(view)


def _usual(mine: Marks, who: Bools) -> Floats:
    """How far each is from what is usual among these: the ordinary case teaches most."""
    if not who.any():
        return np.zeros(len(mine.hit))
    return np.abs(mine.mark - np.median(mine.mark[who]))


def _newcomer(mine: Marks, taken: set[int]) -> Iterator[Pick]:
    """One newcomer twice: as a stranger, and once their first items were known."""
    stands = {person: i for i, person in enumerate(mine.person.to_pylist()) if mine.stranger[i]}
    late = [i for i in np.flatnonzero(mine.late) if mine.person[int(i)].as_py() in stands]
    helped = [i for i in late if mine.hit[i] > 0] or late
    if not helped:
        only = next(iter(stands.values()), None)
        if only is not None:
            yield _stranger(mine, only)
        return
    order = _usual(mine, np.isin(np.arange(len(mine.hit)), helped))
    last = int(min(helped, key=lambda i: (order[i], i)))
    taken |= {last, stands[mine.person[last].as_py()]}
    yield _stranger(mine, stands[mine.person[last].as_py()])
    figures = _figures(mine, mine, last)
    yield Pick("late-comer", mine.person[last].as_py(), mine.asked[last].as_py(),
               "The same newcomer, asked about again once their first {had} were known, with nothing "
               "learnt anew; marked on the {came} they took after these.".format(**figures))  # fmt: skip


def _stranger(mine: Marks, i: int) -> Pick:
    said = "First met after the cutoff, so nothing was known: a stranger gets what every stranger gets."
    return Pick("stranger", mine.person[i].as_py(), mine.asked[i].as_py(), said)


def _gone(view: View) -> Iterator[Pick]:
    """Somebody with a long past who did not come back: they are not marked, which says nothing of a list."""
    asked, came = view.exam.cases, view.outcome["person"].combine_chunks()
    gone = asked.filter(pc.invert(pc.is_in(asked["person"], value_set=came)))
    found = view.exam.known.sql(GONE, gone=gone.select(["person"]))
    for row in found.to_pylist():
        said = f"Had {_items(row['had'])} and took nothing in the time: nobody can say whether the list "
        yield Pick(
            "did not come back",
            row["person"],
            row["person"],
            f"{said}was good, so it is not marked.",
        )


def _figures(mine: Marks, usual: Marks, i: int) -> dict[str, str]:
    hits = int(mine.hit[i])
    higher = int((mine.mark[mine.known] > mine.mark[i]).sum())
    return {
        "had": _items(int(mine.had[i])),
        "came": _items(int(mine.came[i])),
        "hits": f"{hits} hit{'s' * (hits != 1)}",
        "higher": f"{higher:,}" if higher else "none",
        "mark": f"{mine.mark[i]:.2f}",
        "other": f"{usual.mark[i]:.2f}",
    }


def _items(n: int) -> str:
    return f"{n:,} item{'s' * (n != 1)}"
