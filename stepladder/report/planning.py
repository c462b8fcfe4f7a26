"""What to plan with: the totals that a rung forecast beside what came, and how wide the next may stray."""

from __future__ import annotations

from collections.abc import Sequence

from stepladder import questions
from stepladder.bakeoff.result import Result
from stepladder.bakeoff.totals import ORDER, Total, TotalAt, strayed, together
from stepladder.core.question import case_word
from stepladder.core.view import Section, Table, View
from stepladder.report.expected import totals
from stepladder.report.words import day, in_words, many, number

TITLE = "What to plan with"
PARTS = {"calibrate": "before choosing", "choose": "when choosing", "report": "exam"}
WHAT = ("forecast", "that came", "that came for each forecast")


def section(result: Result, view: View, currency: str) -> list[Section]:
    """The windows one by one, and the range that their spread gives for the next."""
    found = totals(result, view)
    if not found:
        return []
    places = [{at.now: at for at in one.windows} for one in found]
    rows = [_row(at, [mine.get(at.now) for mine in places]) for at in found[0].windows]
    widened = (f"{one.low:.2f} to {one.high:.2f}" for one in found)
    last = ("The next", *(cell for each in widened for cell in ("", "", each)))
    units = [currency if one.unit == "money" and currency else one.unit for one in found]
    headings = [f"{unit[:1].upper()}{unit[1:]} {what}" for unit in units for what in WHAT]
    table = Table(("Window from", *headings), (*rows, last), ("Window from",))
    return [Section(TITLE, _about(result, found), table=table)]


def _about(result: Result, found: Sequence[Total]) -> str:
    people = many(case_word(questions.load(result.question)))
    far = ", and ".join(f"what was forecast of {one.unit} {strayed(one)}" for one in found)
    return in_words(
        f"The ranges above speak for other {people}. A total strays further, by what all of them share: a "
        f"season, a price, a strike. Only whole windows of the past show how far: {far}. The windows below "
        f"do not overlap; the last line is for the next one: {together(found)}. Parts of the total, by week "
        f"or by group, stray at least as far. {ORDER}",
        {},
    )


def _row(at: TotalAt, mine: list[TotalAt | None]) -> tuple[str, ...]:
    row = [f"{day(at.now)} ({PARTS.get(at.role, at.role)})"]
    for each in mine:
        if each is None:
            row += ["–", "–", "–"]
            continue
        ratio = f"{each.came / each.forecast:.2f}" if each.forecast > 0 else "–"
        row += [number(round(each.forecast)), number(round(each.came)), ratio]
    return tuple(row)
