"""From the cases of a request to its answer: known ones looked up, newcomers predicted."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from stepladder.core.question import case_word
from stepladder.service.alone import Rows
from stepladder.service.body import Case, told_of
from stepladder.service.limits import Limits
from stepladder.service.published import Published
from stepladder.service.refused import Refused
from stepladder.service.served import Served

Entry = dict[str, Any]


@dataclass
class _Line:
    """A thread, and how many wait for it."""

    thread: ThreadPoolExecutor
    waiting: int = 0


class Queue:
    """Where cases with their own rows wait for their turn: one thread answers them, one after the other.

    Where nobody waits, and the answer takes no longer than handing it to a thread and back is worth, it
    is given on the spot: one, and then whatever else is there has its turn. Somebody's own rung has a line
    of its own: however long it takes, nobody else waits for it.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.had_one = limits, False
        self._lines: dict[str, _Line] = {}

    async def answers(
        self, found: Served, cases: Sequence[Case], why: bool = False
    ) -> list[Rows | Refused]:
        """The rows of each case's answer, or why it has none.

        Raises Refused where too many wait, or it takes too long.
        """
        line = self._line(found)
        if line.waiting >= self.limits.waiting:
            raise _busy(f"{line.waiting} requests are waiting already")
        given = [(case.where, case.rows) for case in cases]
        if not line.waiting and not self.had_one and found.at_once(given):
            self.had_one = True
            asyncio.get_running_loop().call_soon(self._next)
            return found.newcomers(given, why)
        late = threading.Event()
        job = line.thread.submit(found.newcomers, given, why, late)
        asked = asyncio.wrap_future(job)
        line.waiting += 1
        asked.add_done_callback(partial(_done, line))
        try:
            return await asyncio.wait_for(asyncio.shield(asked), self.limits.answer_s)
        except TimeoutError:
            if not job.cancel():  # begun: it stops where it is, for nobody waits for it any more
                late.set()
                if not job.done():  # else the next one's rung would be stopped
                    found.stop()
            raise _busy(f"no answer within {self.limits.answer_s:g} s") from None

    def close(self) -> None:
        """Take nobody any more."""
        for line in self._lines.values():
            line.thread.shutdown(wait=False, cancel_futures=True)

    def _line(self, found: Served) -> _Line:
        name = found.name if found.fenced else ""
        if name not in self._lines:
            self._lines[name] = _Line(ThreadPoolExecutor(1, f"newcomers {name}".strip()))
        return self._lines[name]

    def _next(self) -> None:
        self.had_one = False


def _done(line: _Line, asked: asyncio.Future[Any]) -> None:
    line.waiting -= 1
    if not asked.cancelled():
        asked.exception()  # looked at, also where nobody waits for it any more


async def answer(found: Served, cases: Sequence[Case], queue: Queue, why: bool = False) -> Entry:
    """The body of an answer, a case's entry in its place. Raises Refused where the only case has none."""
    told: dict[str, Entry | Refused] = {}
    known, new = [c for c in cases if not c.new], [c for c in cases if c.new]
    told |= zip((c.where for c in known), published_of(found, known), strict=True)
    told |= zip((c.where for c in new), await _new(found, new, queue, why), strict=True)
    entries = [told[case.where] for case in cases]
    if len(entries) == 1 and isinstance(entries[0], Refused):
        raise entries[0]
    manifest = found.release.manifest
    return {
        "question": found.name,
        "rung": manifest.rung,
        "release": found.release.hash,
        "model": manifest.model,
        "as_of": found.now.isoformat(),
        "answers": [e.plain() if isinstance(e, Refused) else e for e in entries],
    }


def encoded(body: Mapping[str, Any]) -> bytes:
    """An answer as JSON; days and moments as ISO texts."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, default=str).encode()


def published_of(found: Served, cases: Sequence[Case]) -> list[Entry | Refused]:
    """The published answer of each case, or why it has none."""
    published = found.published
    if published is None:
        return [_nothing_published(found)] * len(cases)
    ranges = [published.find(case.id) for case in cases]
    return [
        _entry(found, case, rows, "published", published.stored.model_hash)
        if rows
        else _stranger(found, case, published)
        for case, rows in zip(cases, published.rows(ranges), strict=True)
    ]


async def _new(
    found: Served, cases: Sequence[Case], queue: Queue, why: bool
) -> list[Entry | Refused]:
    if not cases:
        return []
    if found.alone is None:
        return [_nightly_only(found)] * len(cases)
    answers = await queue.answers(found, cases, why)
    return [
        rows if isinstance(rows, Refused) else _entry(found, case, rows, "rows", found.release.hash)
        for case, rows in zip(cases, answers, strict=True)
    ]


def _entry(
    found: Served, case: Case, rows: Sequence[dict[str, Any]], source: str, release: str
) -> Entry:
    """A case's answer; where a case has several rows, these as a list, best first."""
    question = found.project.question
    head = {**case.id, "from": source, "release": release[:12]}
    told = [{k: v for k, v in row.items() if k not in question.CASE} for row in rows]
    further = [key for key in question.KEYS if key not in question.CASE]
    if not further:
        return {**head, **told[0]}
    shown = [row for row in told if all(row[k] is not None for k in further)]
    empty = {} if shown else {"because": next((row.get("because") for row in told), None)}
    return {**head, "list": shown, **empty}


def _stranger(found: Served, case: Case, published: Published) -> Refused:
    return Refused(
        404,
        f"{case.where}: there is no {told_of(case.id)} in the predictions of "
        f"{published.stored.as_of}",
        "somebody known is asked for by the id they have in the data",
        "check the id; somebody new is asked for with their own rows: "
        + ("they are not answered here" if found.alone is None else '"rows": […]'),
    )


def _busy(what: str) -> Refused:
    return Refused(
        503,
        what,
        "cases with their own rows are answered one request after the other, soon or not at all",
        "send it again in a moment, with fewer cases or rows",
        retry_after=1,
    )


def _nothing_published(found: Served) -> Refused:
    return Refused(
        503,
        f"no predictions of {found.name} are published yet",
        "somebody known is answered from the predictions of the last nightly run",
        "run it once: stepladder run",
    )


def _nightly_only(found: Served) -> Refused:
    return Refused(
        422,
        f"{found.name} was asked about a case with its own rows",
        found.release.manifest.alone,
        f"ask for somebody known by their `{case_word(found.project.question)}`, or wait for the next "
        "nightly run",
    )
