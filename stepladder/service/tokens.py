"""Who may use the service: tokens shown once and stored as hashes, each with the roles it was given."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.record import Token

ROLES = {  # a token may do what its own roles say and nothing else: none of them holds another
    "read": "predictions, and what is in production",
    "review": "say what one expects of a case",
    "rules": "say what a rung must hold to",
    "decide": "choose the rung, for the business; given on the command line only",
    "admin": "keep the service going, and give others what one has",
}
BEGINS = "sl_"
State = Literal["valid", "expired", "revoked"]


def new(
    project: Project,
    name: str,
    roles: str | Iterable[str],
    days: int | None = None,
    granting: Token | None = None,
    also: Sequence[Project] = (),
) -> str:
    """Make a token, store its hash, and return it: it is shown this once. Raises Problem.

    `granting`: whose token asks for it, over HTTP; nobody gives what they lack, and nobody `decide`. On
    the command line there is none: whoever has the files may do all of it. `also`: further projects that
    it opens in the same roles.
    """
    if not name.strip():
        raise Problem(
            "a token without a name", "a name says whose it is", "name it: who, or what for"
        )
    wanted = _known(roles)
    if granting is not None:
        _may_grant(granting, wanted)
    if days is not None and not 0 < days <= 36_500:
        raise Problem(
            f"a token for {days} days",
            "a token is good for at least a day",
            "name more days, such as 90",
        )
    token = BEGINS + secrets.token_urlsafe(32)
    ends = (
        "" if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat("T", "seconds")
    )
    said = ",".join(role for role in ROLES if role in wanted)
    for each in (project, *also):
        each.record.note(Token(name.strip(), said, hashed(token), ends, folder=each.folder.name))
    return token


def _known(roles: str | Iterable[str]) -> set[str]:
    """The roles that are named, one by one or with commas between them."""
    texts = [roles] if isinstance(roles, str) else roles
    wanted = {role.strip() for text in texts for role in text.split(",")}
    if unknown := sorted(wanted - ROLES.keys()) or ([""] if not wanted else []):
        raise Problem(
            f"the role {unknown[0]!r}",
            f"the roles are: {', '.join(ROLES)}; a token may have several",
            "name one or more of these, such as read and review",
        )
    return wanted


def _may_grant(granting: Token, wanted: set[str]) -> None:
    has = set(granting.roles.split(","))
    lacking = sorted((wanted | {"admin"}) - has) or sorted(wanted & {"decide"})
    if lacking or state(granting) != "valid":
        raise Problem(
            f"a token with the roles {granting.roles} gives {', '.join(sorted(wanted))}",
            "an admin gives what they have themselves; decide is given on the command line only",
            "ask whoever keeps the files: stepladder token NAME --role "
            + " --role ".join(sorted(wanted)),
        )


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
    return project.record.noted(Token)


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


def may(token: Token, role: str) -> bool:
    """Whether a token has a role; an unknown one it has not."""
    return role in ROLES and role in token.roles.split(",")
