"""Rows that cannot be used, by reason, against how many these were last night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from stepladder.nightly.reconcile.tables import LEAST, Pair
from stepladder.report.words import number
from stepladder.watch.findings import Finding

KINDS = ("dropped", "set_aside")
OURS = "forgotten"  # was said to be left out
AGAIN = "duplicate row"  # left out once and for all, so no answer is wrong
ENOUGH = 20
SHARE = 0.2  # of what is new
MOST = 0.8  # of few rows


def dropped(both: Pair) -> Iterator[Finding]:
    """Of each reason, whether many more rows are left out tonight than last night."""
    before, now = both.reports
    if not before or not now:
        return
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


def _counts(report: Mapping[str, Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind in KINDS:
        for one in report.get(kind, ()):
            found[one["reason"]] += one["count"]
    return found
