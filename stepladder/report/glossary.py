"""The words of the page that are not everyday words, in everyday words."""

from __future__ import annotations

from stepladder.core.question import Question

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
    "95 % interval": "A range that allows for chance: had we met other people of the same kind, the "
    "figure would lie in such a range 95 times in 100.",
    "SQL": "The language in which databases are asked. An SQL rung is a page of it, with no "
    "further software to keep alive.",
    "Statistics": "A formula with a handful of figures in it that are worked out from the past.",
    "Machine learning": "Many small rules that a computer finds by trial in the past. Strong, but "
    "with more to watch over.",
    "Upkeep": "The hours a year in which somebody checks, mends and updates a rung.",
    "Data fingerprint": "A number computed from every byte of the data. The same fingerprint means "
    "the same data.",
    "Seed": "The starting point of all chance in the computation, so that running it again gives the "
    "same figures.",
}
OF_FORECASTS = {  # where answers are figures that can be held against what came, one by one
    "Low and high": "What may come for one case: of cases with a forecast like this one, about 95 in "
    "100 ended between low and high. Wide, since one person's behaviour is hard to foresee.",
    "Calibrated": "When the rung says 2 on average, 2 come on average.",
    "Floor": "A forecast is never taken to be quite zero: nobody is that sure.",
}


def glossary(question: Question, priced: bool) -> list[tuple[str, str]]:
    """Our words and the question's, in the order of the alphabet."""
    here = question.LOSS_IN_MONEY if priced else question.LOSS
    loss = {"Loss": f"{WORDS['Loss']} Here: {here}"}
    figures = OF_FORECASTS if question.INTERVALS else {}
    words = {**WORDS, **loss, **figures, **question.GLOSSARY}
    return sorted(words.items(), key=lambda word: word[0].lower())
