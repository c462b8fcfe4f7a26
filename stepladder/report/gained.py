"""What a rung is worth in the business's own words: what its best tenth held of all that came."""

from __future__ import annotations

from stepladder.bakeoff.captured import Captured
from stepladder.bakeoff.result import Result, RungResult
from stepladder.report.margin import gain_of
from stepladder.report.words import label, money, percent, span


def gained(result: Result, rung: RungResult, currency: str | None) -> str:
    """What a rung held of all that came; of the best also what it gains over the reference.

    currency: of money, empty where none is given; None where what is answered does not add up.
    """
    ends = result.proposal.best, result.proposal.reference
    said = _held(result, rung, currency) if currency is not None else ""
    if rung.rung != ends[0] or ends[0] == ends[1]:
        return said
    return ", and ".join(each for each in (said, _less_loss(result)) if each)


def _held(result: Result, rung: RungResult, currency: str) -> str:
    """How much of what came in the exam the best tenth by this rung held; empty where that is not known."""
    found = result.captured
    if found is None or rung.rung not in found.rungs:
        return ""
    tenth = max(round(found.cases / 10), 1)
    places = tenth if tenth in found.named else found.named[-1]
    whom = "its best tenth" if places == tenth else f"its best {places:,}"
    share, low, high = found.at(rung.rung, places)
    between = "" if high - low < 0.005 else f" ({_hundred(low)} to {_hundred(high)})"
    return f"in the exam {whom} held {_of_all(share, found, currency)}{between}"


def _less_loss(result: Result) -> str:
    """How much less the best loses than the reference, with the range of that."""
    foot = next(rung for rung in result.rungs if rung.rung == result.proposal.reference)
    if foot.choose is None or foot.choose.loss <= 0:
        return ""
    gain, loss, draws = gain_of(result), foot.choose.loss, foot.choose.above_draws
    usual = f"“{label(foot.rung, foot.title)}”"
    between = f" ({span(draws[2] / loss, draws[97] / loss)})" if draws else ""
    return f"its loss is {percent(gain / loss)} smaller{between} than that of {usual}"


def _of_all(share: float, found: Captured, currency: str) -> str:
    """So much of all that came: 55 of 100 purchases, or so much money of all of it."""
    if found.unit != "money":
        return f"{_hundred(share)} of 100 {found.unit} that came"
    if currency:
        all_ = money(found.came, currency)
        return f"{money(share * found.came)} of {all_} spent, {_hundred(share)} of 100"
    return f"{_hundred(share)} of every 100 spent"


def _hundred(share: float) -> str:
    return f"{100 * share:.0f}"
