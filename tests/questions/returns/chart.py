"""The page of returns: no pictures of its own, and a few parcels to learn from."""

from __future__ import annotations

from stepladder.core.view import Example, Section, View

COUNTED = "parcels back"
ANSWER = "chance"
MENDED = "It left out {n} parcels."
NOW = False
PEOPLE = False


def meaning(view: View) -> str:
    """What is to come back."""
    said = view.at_cutoff[view.rung]["prediction"].to_numpy().sum()
    return f"Of the parcels under way at the exam about {said:.0f} were expected back."


def scored(view: View) -> str:
    """Who is marked."""
    return "Parcels whose label is not known yet are not marked."


def about_examples(view: View) -> str:
    """How examples are read."""
    return "The parcels with the highest chance."


def sections(view: View) -> list[Section]:
    """None."""
    return []


def examples(view: View, n: int) -> list[Example]:
    """The parcels most likely to come back."""
    top = view.at_cutoff[view.rung].sort_by([("prediction", "descending")]).slice(0, n)
    return [
        Example(f"{row['shop']}/{row['parcel']}", "most likely", "Dear, or red.", None,
                (("chance", f"{row['prediction']:.2f}"),))
        for row in top.to_pylist()
    ]  # fmt: skip
