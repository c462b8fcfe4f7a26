"""The values that the business's rules name: what had them last night must have them tonight."""

from __future__ import annotations

from collections.abc import Iterator

from stepladder.core.history import literal, quoted
from stepladder.core.question import Rule
from stepladder.core.rules import having
from stepladder.nightly.reconcile.tables import Pair
from stepladder.report.words import number
from stepladder.watch.findings import Finding

FEW = 2  # that somebody put elsewhere
SHARE = 0.05


def rule(both: Pair, one: Rule) -> Iterator[Finding]:
    """Whether a rule still takes what it took: of each of its values, who had it and has it no more."""
    if one.column not in both.columns:
        return
    keys = ", ".join(map(both.said, both.spec.key))
    for value in one.values:
        has = having(quoted(one.column), value)
        before = f"select distinct {keys} from before where {has}"
        here = f"select distinct {keys} from now where {has}"
        had, now, left = (
            int(both.one(f"select count(*) from ({query})")[0])
            for query in (before, here, f"{before} except {here}")
        )
        if had and (not now or left > max(FEW, SHARE * had)):
            yield Finding("stop", *_said(both, one, value, (had, now, left)))
    yield from _respelt(both, one, keys)


def _respelt(both: Pair, one: Rule, keys: str) -> Iterator[Finding]:
    """What came with a value in other capitals, or with blanks: the rule does not take it."""
    column = quoted(one.column)
    holds = _plain(f"'|' || {column} || '|'")
    taken = " or ".join(having(quoted(one.column), value) for value in one.values)
    for value in (each for each in one.values if isinstance(each, str)):
        listed = _plain(literal(f"|{value}|"))
        near = f"strpos({holds}, {listed}) > 0 and not ({taken})"
        came = int(
            both.one(
                f"select count(*) from (select distinct {keys} from now where {near} "
                f"except select distinct {keys} from before where {near})"
            )[0]
        )
        if came:
            example = both.one(f"select min({column}) from now where {near}")[0]
            whose = " and ".join(both.spec.key)
            yield Finding(
                "stop" if came > FEW else "tell",
                f"{one.setting} names {one.column} = {value!r}: {number(came)} {whose}s have {example!r} "
                "that did not last night",
                "a value is written one way: the rule does not take another spelling",
                f"name {example!r} as well in question.toml and ship, or mend the source and refresh",
            )


def _plain(text: str) -> str:
    return f"replace(lower({text}), ' ', '')"


def _said(
    both: Pair, one: Rule, value: str | int | float, counts: tuple[int, int, int]
) -> tuple[str, str, str]:
    had, now, left = map(number, counts)
    keys = " and ".join(both.spec.key)
    return (
        f"{one.setting} names {one.column} = {value!r}: {left} of the {had} {keys}s that had it last "
        f"night have it no more ({now} have it tonight)",
        "what a rule of the business took last night it takes tonight, or somebody said otherwise",
        f"ask whether {value!r} is called otherwise now, or was left out; say the new name in "
        "question.toml and ship, or mend the source and refresh",
    )
