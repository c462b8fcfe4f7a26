"""The page of leaves: no pictures of its own, a few leaves to learn from, and no story of each."""

from __future__ import annotations

from stepladder.core.view import Example, Section, View

COUNTED = ""
ANSWER = "chance"
MENDED = "It left out {n} leaves."
NOW = False
PEOPLE = False


def meaning(view: View) -> str:
    """What is to come back."""
    return f"{view.exam.cases.num_rows} leaves were asked about at the exam."


def scored(view: View) -> str:
    """Who is marked."""
    return "Leaves that nobody named are not marked."


def about_examples(view: View) -> str:
    """How examples are read."""
    return "The leaves with the highest chance."


def sections(view: View) -> list[Section]:
    """None."""
    return []


def examples(view: View, n: int) -> list[Example]:
    """The leaves most likely of a kind."""
    top = view.at_cutoff[view.rung].sort_by([("prediction", "descending")]).slice(0, n)
    return [
        Example(str(row["leaf"]), row["kind"], "Its length says so.", None,
                (("chance", f"{row['prediction']:.2f}"),))
        for row in top.to_pylist()
    ]  # fmt: skip
