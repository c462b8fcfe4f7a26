"""The words of the page that are not everyday words, in everyday words and in this project's own numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from stepladder.bakeoff.result import CalibrationBin, Result, RungResult, judged
from stepladder.core.question import Question
from stepladder.report import term_pictures
from stepladder.report.ladder_chart import climb
from stepladder.report.words import day, days, label, listed, money, number, percent, plain

WORDS = {
    "Rung": "One way to answer the question. The ladder goes from a person who looks at each case, "
    "through a rule and a database query, to statistics and machine learning: the higher, the more "
    "there is to keep alive.",
    "Bake-off": "Every rung is given the same past and asked the same question; then we compare with "
    "what really came.",
    "Cutoff": "A day in the past on which we stand and pretend not to know what came after it. No "
    "rung can see beyond it.",
    "Exam": "The last cutoff. It plays no part in choosing, so it shows how the choice fares on "
    "something new.",
    "Horizon": "How far ahead we look.",
    "Loss": "One number for how wrong the answers were, averaged over all that are scored. Smaller is "
    "better.",
    "Reference": "The simplest answer there is, the same for everybody. A rung that does not beat it "
    "has learnt nothing.",
    "Share of the gain": "The best rung is better than the reference by so much; that difference is "
    "what there is to gain, 100 %. A rung that keeps 90 % of it gives up 10 %.",
    "Margin (good enough)": "How much you would give up for something simpler: a share "
    "of the gain or an amount, as you said, or with a budget what it saves to keep.",
    "Range": "It allows for chance: had we met other people of the same kind, the figure would lie in "
    "its range 95 of 100 times.",
    "SQL": "The language in which databases are asked. An SQL rung is a page of it, with no "
    "further software to keep alive.",
    "Statistics": "A formula with a handful of figures in it that are worked out from the past.",
    "Machine learning": "Many small rules that a computer finds by trial in the past. Strong, but "
    "with more to watch over.",
    "Upkeep": "The hours a year in which somebody checks, mends and updates a rung.",
    "The data’s own number (fingerprint)": "A number computed from every byte of the data. The same "
    "fingerprint means the same data.",
    "Where chance began (seed)": "The starting point of all chance in the computation, so that running "
    "it again gives the same figures.",
}
OF_FORECASTS = {  # where answers are figures that can be held against what came, one by one
    "Low and high": "What may come for one case: made so that at least 95 of 100 end between low and "
    "high. Wide, since one person's behaviour is hard to foresee.",
    "Calibrated": "When the rung says 2 on average, 2 come on average.",
    "Never quite zero (floor)": "A forecast is never taken to be quite zero: nobody is that sure.",
}


@dataclass(frozen=True)
class Term:
    """A word: its name, plain before the field's; what it means; what it is here; and a picture of that.

    slug: its place in an address, such as share-of-the-gain. here, picture: empty where this bake-off
    has no figures for it. The picture is SVG of our own making, in the classes of the page's style.
    """

    slug: str
    name: str
    meant: str
    here: str = ""
    picture: Markup = Markup("")  # noqa: RUF009 - it never changes


Shown = tuple[str, Markup]  # a sentence with this project's numbers, and its picture
NOTHING: Shown = ("", Markup(""))


def glossary(result: Result, priced: bool, rung: str = "") -> list[Term]:
    """Our words and the question's, in the order of the alphabet. rung: the one shown."""
    mine = _row(result, rung or result.proposal.shown)
    return [
        Term(one.slug, one.name, one.meant, *HERE.get(one.name, _measured)(result, mine, one.name))
        for one in unfigured(judged(result), priced)
    ]


def unfigured(question: Question, priced: bool) -> list[Term]:
    """The same before anything was compared: what each word means, and no figures of this project."""
    loss = question.LOSS_IN_MONEY if priced else question.LOSS
    figures = OF_FORECASTS if question.INTERVALS else {}
    words = {**WORDS, "Loss": f"{WORDS['Loss']} Here: {loss}", **figures, **question.GLOSSARY}
    ordered = sorted(words.items(), key=lambda word: word[0].lower())
    return [Term(slug(name), name, meant) for name, meant in ordered]


def slug(name: str) -> str:
    """A name as it stands in an address: lower case, hyphens, nothing else."""
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")


def _row(result: Result, name: str) -> RungResult:
    return next(rung for rung in result.rungs if rung.rung == name)


def _called(rung: RungResult) -> str:
    return f"“{label(rung.rung, rung.title)}”"


def _beside(result: Result, figure: Callable[[RungResult], float], what: str) -> Markup:
    """A bar for every rung that ran, the lowest first."""
    rows = [(plain(r.rung, r.title), figure(r)) for r in climb(result) if r.choose and r.cost]
    said = "; ".join(f"{name} {number(value)}" for name, value in rows)
    return term_pictures.bars(rows, f"{what}: {said}.")


def _rung(result: Result, mine: RungResult, name: str) -> Shown:
    ran = [rung for rung in result.rungs if rung.choose]
    here = f"Here {len(ran)} were tried, and {_called(mine)} is shown."
    return here, _beside(result, lambda rung: float(rung.height), "How high each stands")


def _loss(result: Result, mine: RungResult, name: str) -> Shown:
    if mine.choose is None:
        return NOTHING
    reference = _row(result, result.proposal.reference)
    here = f"Here {number(mine.choose.loss)} by {_called(mine)}"
    if reference.choose and reference.rung != mine.rung:
        here += f", {number(reference.choose.loss)} by {_called(reference)}"
    picture = _beside(result, lambda rung: rung.choose.loss if rung.choose else 0.0, name)
    return f"{here}.", picture


def _gain(result: Result, mine: RungResult, name: str) -> Shown:
    """How much of the best one's gain another keeps: the one shown, or the best of those below it."""
    if result.proposal.undecided:
        return NOTHING
    best = _row(result, result.proposal.best)
    lower = [one for one in climb(result) if one.choose and one.height < best.height]
    other = lower[-1] if mine.rung == best.rung and lower else mine
    if other.choose is None:
        return NOTHING
    kept = percent(1 - other.choose.worse)
    here = f"Here {_called(other)} keeps {kept} of what {_called(best)} gains."
    return here, _beside(
        result, lambda rung: 100 * (1 - rung.choose.worse) if rung.choose else 0.0, "Of 100, kept"
    )


def _margin(result: Result, mine: RungResult, name: str) -> Shown:
    if result.good_enough_money is not None:
        return f"Here {money(result.good_enough_money)} a year.", Markup("")
    here = f"Here {percent(result.good_enough)} of the gain."
    return here, term_pictures.of_100(result.good_enough, here)


def _range(result: Result, mine: RungResult, name: str) -> Shown:
    """The rung whose range is widest shows best what one is."""
    ran = [r for r in result.rungs if r.choose and r.choose.worse_high > r.choose.worse_low]
    if result.proposal.undecided or not ran:
        return NOTHING
    wide = max(ran, key=lambda r: r.choose.worse_high - r.choose.worse_low if r.choose else 0.0)
    assert wide.choose is not None
    low, at, high = (
        1 - w for w in (wide.choose.worse_high, wide.choose.worse, wide.choose.worse_low)
    )
    said = f"its range is {percent(low)} to {percent(high)}"
    here = f"Here {_called(wide)} keeps {percent(at)} of the gain; {said}."
    return here, term_pictures.span(low, at, high, here)


def _stood(result: Result) -> list[tuple[date, date, bool]]:
    """From where we stood to where we looked, and whether it was the exam; [] where there is no time."""
    try:
        return [
            (date.fromisoformat(at.now), date.fromisoformat(at.until[:10]), at.role == "report")
            for at in result.windows
            if at.role != "calibrate"
        ]
    except ValueError:  # replays have names
        return []


def _moments(result: Result, mine: RungResult, name: str) -> Shown:
    """The moments on a line of time; of each word what it says of them."""
    stood = _stood(result)
    if not stood:
        return NOTHING
    exam = f"{day(stood[-1][0])} to {day(stood[-1][1])}"
    here = {
        "Bake-off": f"Here at {len(stood)} moments of the past.",
        "Cutoff": f"Here {listed(day(now) for now, _, _ in stood)}.",
        "Exam": f"Here {exam}.",
        "Horizon": f"Here {result.ahead or days(result.horizon)}.",
    }[name]
    alt = f"{len(stood)} stretches of time; the last, the exam, from {exam}."
    return here, term_pictures.moments(stood, alt)


def _upkeep(result: Result, mine: RungResult, name: str) -> Shown:
    if mine.cost is None:
        return NOTHING
    hours, price = f"{mine.cost.upkeep_hours:g}", money(mine.cost.money_per_year)
    here = f"Here {_called(mine)} is taken to need {hours} hours a year, {price} in all."
    return here, _beside(result, lambda r: r.cost.upkeep_hours if r.cost else 0.0, "Hours a year")


def _inside(result: Result, mine: RungResult, name: str) -> Shown:
    bins = [bin for bin in mine.calibration if bin.covered is not None]
    if not bins:
        return NOTHING
    cases = sum(bin.cases for bin in bins)
    share = sum(bin.cases * (bin.covered or 0.0) for bin in bins) / cases
    here = f"In the exam {100 * share:.0f} of 100 did."
    return here, term_pictures.of_100(share, here)


def _calibrated(result: Result, mine: RungResult, name: str) -> Shown:
    if not mine.calibration:
        return NOTHING
    near: CalibrationBin = min(mine.calibration, key=lambda bin: abs(bin.predicted - 2))
    here = f"Here, where {number(near.predicted)} were forecast on average, {number(near.actual)} came."
    rows = [("forecast", near.predicted), ("came", near.actual)]
    return here, term_pictures.bars(rows, here)


def _measured(result: Result, mine: RungResult, name: str) -> Shown:
    """A word that is a figure of the exam as well: what it was."""
    word = name.split(" (")[0].lower()
    found = next((one for one in mine.measures if (one.title or one.name).lower() == word), None)
    if found is None:
        return NOTHING
    if not found.sentence.startswith("of "):
        return f"Here {number(found.value)} by {_called(mine)}.", Markup("")
    here = f"Here {percent(found.value)} {found.sentence}, by {_called(mine)}."
    return here, term_pictures.of_100(found.value, here)


HERE: dict[str, Callable[[Result, RungResult, str], Shown]] = {
    "Rung": _rung,
    "Loss": _loss,
    "Share of the gain": _gain,
    "Margin (good enough)": _margin,
    "Range": _range,
    "Bake-off": _moments,
    "Cutoff": _moments,
    "Exam": _moments,
    "Horizon": _moments,
    "Upkeep": _upkeep,
    "Low and high": _inside,
    "Calibrated": _calibrated,
}
