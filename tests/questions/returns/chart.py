"""The page of returns: no pictures of its own, and a few parcels to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
    cases = [{"shop": row["shop"], "parcel": row["parcel"]} for row in top.to_pylist()]
    return [replace(story(view, case), kind="most likely") for case in cases]


def story(view: View, case: Mapping[str, Any]) -> Example:
    """One parcel: its chance."""
    said = view.at_cutoff.get(view.rung)
    about = [] if said is None else said.to_pylist()
    mine = [row for row in about if all(row[name] == case[name] for name in case)]
    facts = tuple(("chance", f"{row['prediction']:.2f}") for row in mine)
    found = view.history.sql("select shop, parcel, row from parcels").to_pylist()
    rows = tuple(row["row"] for row in found if all(row[name] == case[name] for name in case))
    return Example(
        "/".join(map(str, case.values())), "", "Dear, or red.", None, facts, "parcels", rows
    )
