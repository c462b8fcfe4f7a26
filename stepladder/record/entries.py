"""Ways in for browsers: links that open once, and sessions; each stands for a token and ends with it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from stepladder.record import schema
from stepladder.record.rows import Entry
from stepladder.record.store import Record, now

OPENER = "whoever started the service"  # by whom the token is that stands for whoever opens the app
LINK, IDLE = timedelta(minutes=15), timedelta(hours=12)
MOST = 50  # sessions and links of one token; the oldest go
SEEN_EVERY = timedelta(minutes=5)  # no write for every page that is looked at


def link(record: Record, token: str) -> str:
    """A secret that lets one person in once, for fifteen minutes; only its hash is kept."""
    return _made(record, "link", token, LINK)


def opened(record: Record, secret: str) -> str | None:
    """Use up a link; the session that it opens, or None where it is used, over or unknown."""
    t = schema.entries
    here = [t.c.kind == "link", t.c.sha256 == hashed(secret), t.c.closed == "", t.c.ends > now()]
    with record.reads() as mine:  # whoever guesses keeps nobody from writing
        if mine.last(t, *here) is None:
            return None
    with record.writes() as mine:
        there = mine.last(t, *here)
        if there is None or not mine.change(t, here, closed=now()):
            return None
    return session(record, there.token)


def session(record: Record, token: str) -> str:
    """A session for a browser, which lasts while its token does and it is used every twelve hours."""
    return _made(record, "session", token, IDLE)


def found(record: Record, secret: str) -> Entry | None:
    """The session that a browser shows, or None where it is over, closed or unknown; it lasts longer then."""
    t = schema.entries
    with record.reads() as mine:
        there = mine.last(t, t.c.kind == "session", t.c.sha256 == hashed(secret))
    if there is None or there.closed or there.ends <= now():
        return None
    if _later(there.seen, SEEN_EVERY) <= now():
        with record.writes() as mine:
            mine.change(t, [t.c.id == there.id], seen=now(), ends=_later(now(), IDLE))
    return Entry(**there._mapping)


def close(record: Record, secret: str) -> None:
    """From now on this session opens nothing."""
    t = schema.entries
    here = [t.c.kind == "session", t.c.sha256 == hashed(secret), t.c.closed == ""]
    with record.reads() as mine:
        if mine.last(t, *here) is None:
            return
    with record.writes() as mine:
        mine.change(t, here, closed=now())


def hashed(secret: str) -> str:
    """What is stored of a secret: it has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _made(record: Record, kind: str, token: str, lasts: timedelta) -> str:
    secret, moment = secrets.token_urlsafe(32), now()
    row = {"kind": kind, "sha256": hashed(secret), "token": token, "made": moment, "seen": moment}
    with record.writes() as mine:
        mine.remove(schema.entries, schema.entries.c.ends <= _later(moment, -IDLE))  # long over
        if there := mine.rows(schema.entries, schema.entries.c.token == token)[: 1 - MOST]:
            mine.remove(schema.entries, schema.entries.c.id.in_([one.id for one in there]))
        mine.add(schema.entries, {**row, "ends": _later(moment, lasts), "closed": ""})
    return secret


def _later(moment: str, by: timedelta) -> str:
    later = datetime.fromisoformat(moment).astimezone(UTC) + by
    return later.isoformat(timespec="milliseconds")
