"""The twins of what rungs of recommend ask about a few persons, and of what makes their lists."""

from __future__ import annotations

from stepladder.questions.recommend.because import TITLED, WORDS
from stepladder.questions.recommend.lists import RANKED, REFUSED
from stepladder.questions.recommend.matrix.lists import HIDDEN, SEEN
from stepladder.questions.recommend.matrix.read import ROWS
from stepladder.questions.recommend.why import LATEST
from stepladder.service.quick import Twin, named
from stepladder.service.quick.recommend.lists import bestsellers, ranked, refused
from stepladder.service.quick.recommend.matrix import had, hidden, latest, rows
from stepladder.service.quick.recommend.words import titled, words

TWINS: dict[str, Twin] = {
    named(ROWS): rows,
    named(SEEN): had,
    named(HIDDEN): hidden,
    named(LATEST): latest,
    named(RANKED): ranked,
    named(WORDS): words,
    named(REFUSED): refused,
    named(TITLED): titled,
    "ca434879f424a303": bestsellers,  # the last SELECT of r1_bestsellers.sql
}
