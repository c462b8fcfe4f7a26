"""The pictures of recommend: whom a list helps, what is shown at all, and persons to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepladder.core.stats import wilson
from stepladder.core.view import Example, Expected, Section, View
from stepladder.questions.recommend import (
    example_persons,
    help_by_past,
    marked,
    rules_table,
    variety,
)

COUNTED = ""  # lists do not add up
ANSWER = "list"
MENDED = "{n} times it listed what may not be shown, or what the person had already; these were taken out."
NOW = False
PEOPLE = True
MOST = 8  # persons to learn from: each takes a good part of a page


def meaning(view: View) -> str:
    """How many found something in their list that they went on to take, and how many without the rung."""
    found, usual = marked.lists(view, view.rung), marked.lists(view, marked.other(view))
    total, k = len(found.hit), view.history.ask.settings.k
    said = (
        f"The exam: standing on {_day(view)} and looking {view.history.ask.horizon} days "
        f"ahead, {total:,} lists of {k} could be held against what people really went on to take. With "
        f"“{view.labels[view.rung]}” {_share(found.found, total)} held at least one such item"
    )
    if marked.other(view) == view.rung:
        return f"{said}."
    said += f"; with “{view.labels[marked.other(view)]}” it would have been {_share(usual.found, total)}."
    most = max(view.at_cutoff, key=lambda name: (marked.lists(view, name).found, name == view.rung))
    if most in (view.rung, marked.other(view)):
        return said
    count = _share(marked.lists(view, most).found, total)
    less = marked.lists(view, most).mark.mean() < found.mark.mean()
    but = ", but fewer things or lower down" if less else ""
    return f"{said} “{view.labels[most]}” found something for still more, {count}{but}."


def expected(view: View) -> list[Expected]:
    """Of a hundred lists how many hold something that is taken, as far as the exam tells."""
    found = marked.lists(view, view.rung)
    total = len(found.hit)
    if not total:
        return [Expected("", "", "There is no last time to hold lists against.")]
    low, high = (f"{100 * end:.0f}" for end in wilson(found.found, total))
    return [
        Expected(
            f"About {100 * found.found / total:.0f} of 100 lists hold something they take",
            f"Plan for {low} to {high} of 100: so it would be 95 of 100 times with other people like these.",
            f"Last time, from {_day(view)}, {found.found:,} of {total:,} lists held at least one item that "
            "was taken afterwards, by people who came back.",
        )
    ]


def scored(view: View) -> str:
    """Who came back and is marked, who is new, and who says nothing."""
    who = marked.lists(view, view.rung)
    known = int(view.exam.cases.num_rows - 1 - marked.newcomers(view))
    came, new, late = int(who.known.sum()), int(who.stranger.sum()), int(who.late.sum())
    said = (
        f"In the exam lists were made for {known:,} people who were known by then. {came:,} of them came "
        "back and took something new, and their lists are marked; who did not come back says nothing "
        "about a list and is left out."
    )
    if new:
        said += (
            f" {new:,} people were met for the first time: their mark is that of a stranger’s list"
        )
        said += (
            f", and {late:,} of these are marked once more as late-comers, on what they took after "
            "their first five items."
            if late
            else "."
        )
    return f"{said} That makes {len(who.hit):,} marks."


def about_examples(view: View) -> str:
    """How to read the lists."""
    return (
        f"What they had, and the lists they would have been shown on {_day(view)}, rung "
        f"by rung. A ✓ marks what they really went on to take in the {view.history.ask.horizon} days after."
    )


def sections(view: View) -> list[Section]:
    """Whom it helps, how much of the shelf is shown, and what the rules took out."""
    return [*help_by_past.sections(view), *variety.sections(view), *rules_table.sections(view)]


def examples(view: View, n: int) -> list[Example]:
    """A regular, somebody with few items, a newcomer twice, the best hit, and where it went wrong."""
    return example_persons.pick(view, min(n, MOST))


def story(view: View, case: Mapping[str, Any]) -> Example:
    """One person: what they had, the lists they would have been shown, what they went on to take."""
    return example_persons.story(view, case["person"])


def _day(view: View) -> str:
    return f"{view.cutoff.day} {view.cutoff:%B %Y}"


def _share(some: int, total: int) -> str:
    return f"{some:,} ({100 * some / max(total, 1):.0f} %)"
