"""The page of leaves: no pictures of its own, and a few leaves to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
        replace(story(view, {"leaf": row["leaf"]}), kind=row["kind"]) for row in top.to_pylist()
    ]


def story(view: View, case: Mapping[str, Any]) -> Example:
    """One leaf: its kinds, the likeliest first."""
    said = view.at_cutoff.get(view.rung)
    rows = [] if said is None else [r for r in said.to_pylist() if r["leaf"] == case["leaf"]]
    best = sorted(rows, key=lambda row: -row["prediction"])
    facts = tuple((row["kind"], f"{row['prediction']:.2f}") for row in best)
    found = view.history.sql("select leaf, row from leaves").to_pylist()
    mine = tuple(row["row"] for row in found if row["leaf"] == case["leaf"])
    return Example(str(case["leaf"]), "", "Its length says so.", None, facts, "leaves", mine)
