"""What the best so many brought in the exam: a curve for each rung worth comparing, and a small table."""

from __future__ import annotations

import math
from typing import Any

from stepladder.bakeoff.captured import LEAST, Captured
from stepladder.bakeoff.result import Result
from stepladder.core.fading import PARTS, faded
from stepladder.core.view import Section, Table
from stepladder.report import list_money
from stepladder.report.drawing import ACCENT, ACTUAL, INK, MUTED, WARN
from stepladder.report.words import GLUE, label, listed, money, number, percent, span

HINDSIGHT = "with hindsight"
ROUGH = 100  # places below which resampling is known to give too narrow a range


def section(result: Result, shown: str, people: str, currency: str) -> list[Section]:
    """The share of all that came which the best so many held; nothing where no amounts are forecast."""
    found = result.captured
    if found is None or shown not in found.rungs:
        return []
    names, reference = _names(result, found, shown), result.proposal.reference
    said = _sentence(found, names, people, currency)
    about = (
        f"{said} The exam played no part in choosing. The ranges allow for other {people}, not for another "
        f"season{_rough(found)}.{_left_out(result, found)} Where {people} are tied for the last places, as "
        "all are who get the same forecast, the places are drawn at random among them."
    )
    return [
        Section(
            f"How much the best of the {people} brought",
            about,
            lambda width: _picture(found, names, reference, people, width),
            f"Share of all that came, by how many {people} are on the list. {said}",
            _table(found, names),
        )
    ]


def _names(result: Result, found: Captured, shown: str) -> dict[str, str]:
    """The rung shown, the best, the next simpler one of lists, and the reference, as they are called here."""
    titles = {rung.rung: rung.title for rung in result.rungs}
    beside = list_money.compared(result) if result.lists else [result.proposal.best]
    rungs = dict.fromkeys((shown, *beside, result.proposal.reference))
    return {rung: label(rung, titles.get(rung, "")) for rung in rungs if rung in found.rungs}


def _sentence(found: Captured, names: dict[str, str], people: str, currency: str) -> str:
    places = found.budget if found.budget in found.named else found.named[-1]
    shown, *others = names
    share, low, high = found.at(shown, places)
    against = [f"by “{names[rung]}” {percent(found.at(rung, places)[0])}" for rung in others]
    did = "spent" if found.unit == "money" else "brought"
    said = (
        f"In the exam {number(found.cases)} {people} {did} {_amount(found.came, found, currency)}. The "
        f"best {number(places)} by “{names[shown]}” {did} "
        f"{_amount(share * found.came, found, currency)} of it, {percent(share)} ({span(low, high)})"
    )
    return f"{said}; {listed(against)}." if against else f"{said}."


def _rough(found: Captured) -> str:
    return f"; they are rough below {ROUGH} places" if found.named[0] < ROUGH else ""


def _left_out(result: Result, found: Captured) -> str:
    """Which lists nothing is said of, since too few of them are among those judged."""
    if not found.left_out:
        return ""
    window = result.windows[-1]
    need = math.ceil(LEAST * found.cases / found.left_out[0])
    said = listed(number(places) for places in found.left_out)
    return (
        f" Of the best {said} too few are among the {window.cases:,} that were judged to say what they "
        f"brought: sample = {min(need, found.cases)} in question.toml judges enough."
    )


def _amount(value: float, found: Captured, currency: str) -> str:
    if found.unit == "money":
        return money(value, currency)
    return f"{number(round(value))}{GLUE}{found.unit}"


def _table(found: Captured, names: dict[str, str]) -> Table:
    rows = [
        (
            _called(places, found),
            *(_cell(*found.at(rung, places)) for rung in names),
            percent(found.hindsight[found.places.index(places)]),
        )
        for places in found.named
    ]
    return Table(("The best", *names.values(), HINDSIGHT.capitalize()), tuple(rows), ("The best",))


def _called(places: int, found: Captured) -> str:
    said = number(places)
    if places == max(round(found.cases / 10), 1):
        said += ", a tenth"
    return f"{said}, your budget" if places == found.budget else said


def _cell(share: float, low: float, high: float) -> str:
    chance = span(low, high)
    return percent(share) if chance == percent(share) else f"{percent(share)} ({chance})"


def _picture(
    found: Captured, names: dict[str, str], reference: str, people: str, width: int
) -> Any:
    import altair as alt

    shown = next(iter(names))
    across = alt.Axis(format=",d", grid=False, tickCount=4)
    x = alt.X("places:Q", title=f"{people} on the list", axis=across,
              scale=alt.Scale(domain=[0, found.cases], nice=False))  # fmt: skip
    y = alt.Y("share:Q", title="of all that came", axis=alt.Axis(format="%", tickCount=5))
    points = alt.Chart(alt.Data(values=_points(found, shown))).encode(x=x)
    bands = [
        points.mark_area(opacity=0.12, color=ACCENT).encode(y=f"low{i}:Q", y2=f"high{i}:Q")
        for i in range(len(PARTS))
    ]
    named = points.mark_point(filled=True, size=50, opacity=1, color=ACCENT).encode(y=y)
    lines = _drawn(alt, found, names, reference, width).encode(x=x, y=y)
    hindsight = alt.datum.who == HINDSIGHT  # the most that can be is no rung: a thin line
    return alt.layer(
        *_budget(alt, found, x),
        *bands,
        lines.mark_line(strokeWidth=1).transform_filter(hindsight),
        lines.mark_line(strokeWidth=2).transform_filter(f"!({hindsight})"),
        named.transform_filter(alt.datum.named),
    ).properties(width=width, height=240)


def _budget(alt: Any, found: Captured, x: Any) -> list[Any]:
    """An upright line where the list ends that can be acted on."""
    if not found.budget or found.budget >= found.cases:
        return []
    here = alt.Chart(alt.Data(values=[{"places": found.budget, "said": "your budget"}]))
    line = here.mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x=x)
    said = here.mark_text(color=MUTED, align="left", dx=4, dy=-6, baseline="bottom")
    return [line, said.encode(x=x, y=alt.value(240), text="said:N")]


def _drawn(alt: Any, found: Captured, names: dict[str, str], reference: str, width: int) -> Any:
    """The lines by whom they are of: the rung shown first, the reference dashed."""
    who = [*names.values(), HINDSIGHT]
    free = iter((WARN, ACTUAL))
    others = [MUTED if rung == reference else next(free) for rung in [*names][1:]]
    colours = [ACCENT, *others, INK]
    dashes = [[6, 3] if rung == reference else [1, 0] for rung in names] + [[1, 0]]
    legend = alt.Legend(columns=1 if width < 400 else 4, symbolType="stroke")
    shares = [*(found.rungs[rung].share for rung in names), found.hindsight]
    values = [
        {"places": n, "share": share, "who": name}
        for name, held in zip(who, shares, strict=True)
        for n, share in zip((0, *found.places), (0.0, *held), strict=True)
    ]
    return alt.Chart(alt.Data(values=values)).encode(
        color=alt.Color("who:N", scale=alt.Scale(domain=who, range=colours), legend=legend),
        strokeDash=alt.StrokeDash(
            "who:N", scale=alt.Scale(domain=who, range=dashes), legend=legend
        ),
    )


def _points(found: Captured, rung: str) -> list[dict[str, Any]]:
    curve = found.rungs[rung]
    each = zip(found.places, curve.share, curve.low, curve.high, strict=True)
    return [
        {"places": n, "share": share, "named": n in found.named, **_ends(share, low, high)}
        for n, share, low, high in each
    ]


def _ends(share: float, low: float, high: float) -> dict[str, float]:
    """The range of 95, of 80 and of 50 in 100, so that it fades."""
    found = enumerate(faded(share, low, high))
    return {
        name: end
        for i, ends in found
        for name, end in zip((f"low{i}", f"high{i}"), ends, strict=True)
    }
