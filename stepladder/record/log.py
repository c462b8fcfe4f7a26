"""The audit log: every write is a link of a chain, so that whoever alters or removes one is found out.

A link holds the hash of the link before it, and a salted hash of what was said. The words themselves lie
apart and can be erased: the chain still holds, and nobody can try out what they were.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table

from stepladder.record import schema
from stepladder.record.owned import Owned, plain
from stepladder.record.rows import Event

CHAINED = ("id", "question", "kind", "by", "time", "request", "body_sha256", "before")
START = ""
ROW = "row"  # events of this kind of key tell what a row of another table was when it was written
KEPT: dict[str, Table] = {  # tables whose rows are held against the log, each by its number
    "decision": schema.decisions,
    "shipment": schema.shipments,
    "token": schema.tokens,
    "answer": schema.answers,
}


@dataclass(frozen=True)
class Checked:
    """What was found of the chain: how many links, the hash of the last, and what does not agree."""

    events: int
    head: str
    erased: int
    before: int  # rows that were written before there was a log
    faults: tuple[str, ...]


def add(
    mine: Owned,
    question: str,
    kind: str,
    body: Mapping[str, Any],
    *,
    by: str,
    time: str,
    about: str = "",
    request: str = "",
) -> int:
    """One link more; returns its number, or that of the one that the same form sent already."""
    t = schema.events
    if request and (there := mine.last(t, t.c.request == request, t.c.by == by)):
        return int(there.id)
    last = mine.last(t)
    salt, said = secrets.token_hex(16), plain(dict(body))
    link = {
        "id": mine.next(t),
        "question": question,
        "kind": kind,
        "by": by,
        "time": time,
        "request": request,
        "body_sha256": _body(salt, plain(about), said),
        "before": last.sha256 if last else START,
    }
    link = {**plain(link), "sha256": _link(plain(link))}
    mine.put(t, [link])
    mine.put(schema.bodies, [{"id": link["id"], "about": about, "salt": salt, "body": said}])
    return int(link["id"])


def events(
    mine: Owned, question: str, kinds: Sequence[str] = (), about: str | None = None
) -> list[Event]:
    """What was done and said about a question, the oldest first; of some kinds, or about one case."""
    t, b = schema.events, schema.bodies
    where = [t.c.question == question, *([t.c.kind.in_(kinds)] if kinds else [])]
    if about is not None:
        ids = [row.id for row in mine.rows(b, b.c.about == about)]
        where.append(t.c.id.in_(ids))
        said = {row.id: row for row in mine.rows(b, b.c.id.in_(ids))}
        return [_event(row, said.get(row.id)) for row in mine.rows(t, *where)]
    found = mine.rows(t, *where)
    first = found[0].id if found else 0
    said = {row.id: row for row in mine.rows(b, b.c.id >= first)}
    return [_event(row, said.get(row.id)) for row in found]


def erase(mine: Owned, question: str, case: Mapping[str, Any]) -> list[int]:
    """Erase the words of everything that was said about a case; the numbers of those events."""
    b, told = schema.bodies, {name: str(value) for name, value in case.items()}
    asked = {row.id for row in mine.rows(schema.events, schema.events.c.question == question)}
    gone = [row.id for row in mine.rows(b) if row.id in asked and _names(row, told)]
    mine.remove(b, b.c.id.in_(gone))
    return gone


def sent(mine: Owned, by: str, request: str) -> Event | None:
    """What somebody's form with this key was noted as, if it was sent before."""
    t, b = schema.events, schema.bodies
    there = mine.last(t, t.c.request == request, t.c.by == by) if request else None
    return _event(there, mine.last(b, b.c.id == there.id)) if there else None


def added(
    mine: Owned, kind: str, table: Table, row: Mapping[str, Any], time: str, request: str = ""
) -> int:
    """Add a row to another table, and a link that holds what it was; the row's number."""
    number = mine.add(table, row)
    (there,) = mine.rows(table, table.c.id == number)  # as the database gives it back
    wrote(mine, str(row.get("question", "")), kind, dict(there._mapping), row["by"], time, request)
    return number


def wrote(
    mine: Owned,
    question: str,
    kind: str,
    row: Mapping[str, Any],
    by: str,
    time: str,
    request: str = "",
) -> None:
    """Note what a row of another table was when it was written, or changed."""
    body = {ROW: row["id"], "sha256": _row(row)}
    add(mine, question, kind, body, by=by, time=time, request=request)


def checked(mine: Owned) -> Checked:
    """Go through the whole chain, and hold the rows it tells of against it."""
    links = mine.rows(schema.events)
    said = {row.id: row for row in mine.rows(schema.bodies)}
    told = [_event(row, said.get(row.id)) for row in links]
    erased = {n for one in told if one.kind == "forgotten" for n in (one.body or {})["events"]}
    missing = {one.id for one in told if one.body is None}
    faults = [*_broken(links), *_reworded(links, said)]
    faults += [
        f"the words of event {n} are gone, and nobody erased them" for n in sorted(missing - erased)
    ]
    before, other = _rows(mine, told)
    return Checked(
        len(links), links[-1].sha256 if links else START, len(missing & erased), before,
        (*faults, *other),
    )  # fmt: skip


def _broken(links: Sequence[Row[Any]]) -> Iterable[str]:
    before, number = START, 1
    for link in links:
        row = link._mapping
        if link.id != number:
            yield f"event {number} is missing"
        elif link.before != before:
            yield f"event {link.id} does not follow the one before it"
        if _link(dict(row)) != link.sha256:
            yield f"event {link.id} was altered"
        before, number = link.sha256, link.id + 1


def _reworded(links: Sequence[Row[Any]], said: Mapping[int, Row[Any]]) -> Iterable[str]:
    for link in links:
        words = said.get(link.id)
        if words and _body(words.salt, words.about, words.body) != link.body_sha256:
            yield f"the words of event {link.id} were altered"


def _rows(mine: Owned, told: Sequence[Event]) -> tuple[int, list[str]]:
    """How many rows are older than the log, and what is not as the log says."""
    before, faults, forgot = 0, [], any(one.kind == "forgotten" for one in told)
    for kind, table in KEPT.items():
        those = [one.body for one in told if one.kind == kind and one.body]
        # people's replies are answers too, and tell of no row
        noted = {body[ROW]: body["sha256"] for body in those if ROW in body}
        rows = {row.id: dict(row._mapping) for row in mine.rows(table)}
        first = min(noted, default=None)
        for number, row in rows.items():
            if number in noted and _row(row) != noted[number]:
                faults.append(f"{kind} {number} was altered")
            elif number not in noted and (first is None or number < first):
                before += 1
            elif number not in noted:
                faults.append(f"{kind} {number} was written past the log")
        withdrawn = {one.body[ROW] for one in told if one.kind == f"{kind} withdrawn" and one.body}
        gone = noted.keys() - rows.keys() - withdrawn
        if gone and not (kind == "answer" and forgot):
            faults += [f"{kind} {number} is missing" for number in sorted(gone)]
    return before, faults


def _event(row: Row[Any], words: Row[Any] | None) -> Event:
    about, body = (words.about, words.body) if words else ("", None)
    return Event(row.id, row.question, row.kind, row.by, row.time, row.request, about, body)


def _names(words: Row[Any], told: Mapping[str, str]) -> bool:
    try:
        about = json.loads(words.about or "{}")
    except ValueError:
        return False
    return isinstance(about, dict) and told.items() <= {k: str(v) for k, v in about.items()}.items()


def _link(row: Mapping[str, Any]) -> str:
    return _hash([row[name] for name in CHAINED])


def _body(salt: str, about: str, body: Any) -> str:
    return _hash([salt, about, body])


def _row(row: Mapping[str, Any]) -> str:
    return _hash(plain(dict(row)))


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
