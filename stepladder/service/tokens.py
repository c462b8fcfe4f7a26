"""Who may use the service: tokens shown once and stored as hashes, each with a role."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.record import Token

ROLES = ("read", "review", "decide", "admin")  # each may do all that those before it may
BEGINS = "sl_"
State = Literal["valid", "expired", "revoked"]


def new(project: Project, name: str, role: str, days: int | None = None) -> str:
    """Make a token, store its hash, and return it: it is shown this once. Raises Problem."""
    if not name.strip():
        raise Problem(
            "a token without a name", "a name says whose it is", "name it: who, or what for"
        )
    if role not in ROLES:
        raise Problem(
            f"the role {role!r}", f"the roles are: {', '.join(ROLES)}", "name one of these"
        )
    if days is not None and not 0 < days <= 36_500:
        raise Problem(f"a token for {days} days", "a token is good for at least a day", "--days 90")
    token = BEGINS + secrets.token_urlsafe(32)
    ends = (
        "" if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat("T", "seconds")
    )
    project.record.note(Token(name.strip(), role, hashed(token), ends, project=project.folder.name))
    return token


def revoke(project: Project, number: int) -> Token:
    """From now on this token opens nothing. Raises Problem where there is none of that number."""
    there = {token.id: token for token in listed(project)}
    if number not in there:
        raise Problem(
            f"there is no token {number}",
            f"the tokens are: {', '.join(map(str, there)) or 'none yet'}",
            "see them: stepladder token --list",
        )
    project.record.revoke(number)
    return there[number]


def listed(project: Project) -> list[Token]:
    """Every token of this project; the tokens themselves are nowhere."""
    mine = project.folder.name
    return [token for token in project.record.noted(Token) if token.project == mine]


def state(token: Token, now: datetime | None = None) -> State:
    """Whether a token opens anything still."""
    if token.revoked:
        return "revoked"
    over = token.expires and datetime.fromisoformat(token.expires) <= (now or datetime.now(UTC))
    return "expired" if over else "valid"


def hashed(token: str) -> str:
    """What is stored of a token: it has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_hash(project: Project) -> dict[str, Token]:
    """Every token of this project, found by its hash: whoever guesses cannot steer a hash."""
    return {token.sha256: token for token in listed(project)}


def reaches(role: str, needed: str) -> bool:
    """Whether a role may do what another may."""
    return ROLES.index(role) >= ROLES.index(needed)
