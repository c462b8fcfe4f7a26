"""Rows that cannot be used or do not count, by reason, against how many these were last night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stepladder.nightly.reconcile.tables import LEAST, Pair
from stepladder.report.words import number
from stepladder.watch.findings import Finding

ASIDE = "set_aside"  # can be read, and does not count
KINDS = ("dropped", ASIDE)
OURS = "forgotten"  # was said to be left out
AGAIN = "duplicate row"  # left out once and for all, so no answer is wrong
ENOUGH = 20
SHARE = 0.2  # of what is new
MOST = 0.8  # of few rows


def dropped(both: Pair) -> Iterator[Finding]:
    """Of each reason, whether many more rows are left out tonight than last night; or those no more."""
    before, now = both.reports
    if not all("rows_read" in report for report in both.reports):
        return
    yield from _counting(both)
    then, here = _counts(before), _counts(now)
    added = max(now["rows_read"] - before["rows_read"], 0)
    for reason, count in here.items():
        more = count - then[reason]
        share = SHARE if more >= ENOUGH else MOST
        if reason == OURS or more < LEAST or more < share * added:
            continue
        known = AGAIN in reason or reason.endswith(" again")
        stop = not known and more > both.most(now["rows_read"])
        yield Finding(
            "stop" if stop else "tell",
            f"{both.name}: {number(more)} more rows than last night are left out as {reason!r}: "
            f"{number(count)} of {number(now['rows_read'])}",
            f"last night it was {number(then[reason])} of {number(before['rows_read'])}",
            f"look at data-report-{both.name}.md, and ask where the table comes from what changed",
        )


def _counting(both: Pair) -> Iterator[Finding]:
    """What did not count last night, as cancelled orders do not, and is counted tonight: the mark is lost.

    A source that leaves such rows out itself has as many fewer.
    """
    before, now = both.reports
    then, here = (_counts(report, (ASIDE,)) for report in both.reports)
    fewer = max(before["rows_read"] - now["rows_read"], 0)
    more = then.total() - here.total() - fewer
    if more <= both.most(before["rows_read"]):
        return
    reason = (then - here).most_common(1)[0][0]
    yield Finding(
        "stop",
        f"{both.name}: {number(more)} rows count tonight that did not last night, where they were set aside "
        f"as {reason!r}: {number(here[reason])} are, where it was {number(then[reason])}",
        "what did not count last night does not tonight, or the source has it no more",
        f"look at data-report-{both.name}.md, and ask whether the column that says so is empty, or says it "
        "in other words now",
    )


def _counts(report: Mapping[str, Any], kinds: Sequence[str] = KINDS) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind in kinds:
        for one in report.get(kind, ()):
            found[one["reason"]] += one["count"]
    return found
