"""A service whose rung is a person: cases are queued, somebody answers in the browser, or the fallback does.

The field calls it a Wizard of Oz: whoever asks need not know that no model answers yet.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stepladder.bakeoff.person import is_person
from stepladder.core.errors import Problem
from stepladder.record.rows import Waiting
from stepladder.record.waiting import open_still, wait_for, waiting, waits
from stepladder.service.answers import Entry, published_of
from stepladder.service.body import Case
from stepladder.service.refused import Refused
from stepladder.service.served import Served

AGAIN = "/predict/waiting"
MOST = 1_000  # cases that a person is asked about at once


def asks_a_person(found: Served) -> bool:
    """Whether the rung in production is a person."""
    return is_person(found.release.manifest.rung)


def queued(
    found: Served, cases: Sequence[Case], body: Entry, by: str, seconds: float
) -> tuple[Entry, bool]:
    """The same answers, those of people in place of what was published; and whether some are waited for."""
    record, name = found.project.record, found.project.ask.question
    there = [
        (nth, _key(found, case))
        for nth, (case, entry) in enumerate(zip(cases, body["answers"], strict=True))
        if entry.get("from") == "published"  # else a refusal
    ]
    if len(waiting(record, name)) + len(there) > MOST:
        raise _too_many()
    rows = wait_for(
        record, name, [key for _, key in there], as_of=str(found.now), seconds=seconds, by=by
    )
    told = list(body["answers"])
    for (nth, _), one in zip(there, rows, strict=True):
        told[nth] = _told(found, one, told[nth])
    return {**body, "answers": told}, any(map(open_still, rows))


def asked_again(found: Served, number: str) -> tuple[Entry, bool]:
    """What became of a case that was waited for. Raises Refused where nobody asked under that number."""
    record, name = found.project.record, found.project.ask.question
    named = number.isascii() and number.isdigit() and len(number) < 16
    one = waits(record, name, int(number)) if named else None
    if one is None:
        raise Refused(
            404, f"nobody waits under the number {number[:20]!r}",
            f"{AGAIN}?id=NUMBER is what /predict answered with, for two days",
            "ask /predict once more",
        )  # fmt: skip
    (entry,) = published_of(found, [Case("id", json.loads(one.key), False)])
    if isinstance(entry, Problem):
        raise entry
    return {"question": found.name, "answer": _told(found, one, entry)}, open_still(one)


def _told(found: Served, one: Waiting, published: Entry) -> Entry:
    case = json.loads(one.key)
    if one.answer is not None:
        return {**case, "from": "person", "release": published["release"], **one.answer}
    if open_still(one):
        again = f"{AGAIN}?id={one.id}&question={found.name}"
        return {**case, "from": "waiting", "id": one.id, "again": again, "until": one.until}
    return {**published, "from": "fallback", "rung": found.release.manifest.reference}


def _key(found: Served, case: Case) -> dict[str, Any]:
    assert found.published is not None
    return dict(found.published.named(case.id))


def as_answer(found: Served, said: Sequence[tuple[dict[str, Any], float | str]]) -> dict[str, Any]:
    """What a person said, as whoever waits is told it: a prediction, or a list, best first."""
    question = found.project.question
    further = [key for key in question.KEYS if key not in question.CASE]
    numbers = [question.LABELS[v] if isinstance(v, str) else v for _, v in said]
    if further:
        rows = zip(said, numbers, strict=True)
        return {"list": [{**{k: key[k] for k in further}, "prediction": n} for (key, _), n in rows]}
    word = {"label": said[0][1]} if isinstance(said[0][1], str) else {}
    return {"prediction": numbers[0], **word}


def _too_many() -> Refused:
    return Refused(
        503,
        f"more than {MOST:,} cases would wait for a person",
        "a person answers one case after the other",
        "ask about fewer, or ship a rung that answers by itself",
        retry_after=60,
    )
