"""What somebody says of series, and for which tables it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.raw import Raw
from stepladder.tables.series.by import joined, refuse_no_tree, source_of

OF_SERIES = ("by", "every", "gaps", "top", "least", "added", "week_starts")


def for_table(
    specs: Sequence[TableSpec], spec: TableSpec, choices: Mapping[str, Any]
) -> dict[str, Any]:
    """The choices that hold for a table: of series only where it has series.

    Raises Problem where no table of the question has any.
    """
    said = [name for name in OF_SERIES if choices.get(name) not in (None, (), [])]
    if said and not any(one.regular for one in specs):
        flag = f"--{said[0].replace('_', '-')}"
        raise Problem(
            f"{flag} was given",
            "it is about series, one value a period, and no table of this question has these",
            f"leave {flag} away",
        )
    if not spec.regular:
        return {name: value for name, value in choices.items() if name not in OF_SERIES}
    added = {"added": True} if choices.get("every") and "added" not in choices else {}
    return {**choices, **added}


def with_series(
    raw: Raw, spec: TableSpec, by: Sequence[str], overrides: Mapping[str, str]
) -> tuple[Raw, dict[str, str]]:
    """The source and the columns named of it, where `by` says which make a series. Raises Problem."""
    name, source = spec.key[0], source_of(by)
    own = overrides.get(name)
    if own and own not in (source, by[0]):
        raise Problem(
            f"--by {','.join(by)} and --column {name}={own} were given",
            f"one of them says which column the {name} is",
            f"leave --column {name}={own} away, or --by",
        )
    raw = joined(raw, by, name)
    refuse_no_tree(raw, by)
    return raw, {**overrides, name: source}
