"""What the last good night read, held against what is read tonight, table by table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stepladder.core.ask import Ask
from stepladder.core.question import Question, Rule
from stepladder.nightly.reconcile.dropped import dropped
from stepladder.nightly.reconcile.entries import entries
from stepladder.nightly.reconcile.rows import rows
from stepladder.nightly.reconcile.rules import rule
from stepladder.nightly.reconcile.tables import Pair, pair
from stepladder.watch.findings import Finding


def held_against(
    question: Question, ask: Ask, before: Mapping[str, Path], now: Mapping[str, Path]
) -> list[Finding]:
    """Whether all that was known is still there and says the same; "stop" where answers would be wrong.

    `before`, `now`: each table's clean file, with its data report beside it. Rows that only came to the
    past late are no matter, and neither is what is older than `window` in question.toml [nightly].
    """
    rules = question.rules(ask)
    found: list[Finding] = []
    for spec in question.TABLES:
        then, here = before.get(spec.name), now[spec.name]
        if then is None or then == here:
            continue
        if not then.is_file():
            found.append(_away(spec.name, then))
            continue
        with pair(question, ask, spec, then, here) as both:
            found += _of(both, [one for one in rules if one.table == spec.name])
    return sorted(found, key=lambda one: one.severity != "stop")


def _of(both: Pair, rules: Sequence[Rule]) -> Iterator[Finding]:
    for one in rules:
        yield from rule(both, one)
    if both.spec.time in both.columns and not both.spec.unique:
        yield from rows(both)
    else:
        yield from entries(both)
    yield from dropped(both)
    gone = [name for name in both.types[0] if name not in both.types[1]]
    ruled = {one.column for one in rules}
    for name in gone:
        yield Finding(
            "stop" if name in ruled else "tell",
            f"{both.name}: the column {name} is gone",
            "it was there when the last good night read this table",
            "ask where the table comes from whether the column was renamed",
        )


def _away(name: str, path: Path) -> Finding:
    return Finding(
        "tell",
        f"{name}: what the last good night read is not there any more ({path.name}), so nothing can "
        "be held against it",
        "the version in use and the one before are kept in data/",
        "look at the table yourself; the next night has something to compare with",
    )
