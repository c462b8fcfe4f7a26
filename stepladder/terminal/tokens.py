"""Tokens in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import urlsplit

import rich.box
import rich.table
from rich.text import Text

from stepladder.core.errors import Problem
from stepladder.record import Token
from stepladder.service.tokens import state
from stepladder.terminal.console import Console


def shown(name: str, roles: Sequence[str], token: str, as_json: bool) -> None:
    """A new token, this once; only itself on standard output, so that it can be piped."""
    if as_json:
        _print(json.dumps({"name": name, "roles": ",".join(roles).split(","), "token": token}))
        return
    _print(token)
    _aside(
        f"A token for {name!r} that may {', '.join(roles)}. It is shown this once: only its hash is kept."
    )


def link(name: str, roles: Sequence[str], address: str, as_json: bool) -> None:
    """A link for one person; only itself on standard output."""
    if as_json:
        _print(json.dumps({"name": name, "roles": ",".join(roles).split(","), "link": address}))
        return
    _print(address)
    _aside(
        f"A link for {name!r}, who may {', '.join(roles)}. It opens once, within 15 minutes; whoever has it "
        "comes in, so send it to nobody else."
    )


def place(site: str) -> str:
    """Where the pages are, without a slash at its end. Raises Problem where that is no place."""
    try:
        said = urlsplit(site)
    except ValueError:  # brackets that hold no address
        said = urlsplit("")
    behind = said.path.strip("/") or said.query or said.fragment
    if said.scheme not in ("http", "https") or not said.netloc or behind:
        raise Problem(
            f"--site {site}",
            "a site is where the pages are, with http:// or https:// before it and nothing behind",
            "e.g. --site https://questions.example",
        )
    return f"{said.scheme}://{said.netloc}"


def listed(tokens: Sequence[Token], as_json: bool) -> None:
    """Every token: its number, whose it is, its roles, and whether it opens anything."""
    rows = [
        {k: v for k, v in asdict(token).items() if k != "sha256"} | {"state": state(token)}
        for token in tokens
    ]
    if as_json:
        _print(json.dumps([{**row, "roles": str(row["roles"]).split(",")} for row in rows]))
        return
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    names = ("id", "name", "roles", "state", "expires", "time", "by")
    for name in names:
        table.add_column({"time": "made"}.get(name, name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(row[name])) for name in names))
    Console().print(table if rows else "No token was made yet.")


def revoked(token: Token, as_json: bool) -> None:
    """That a token opens nothing any more."""
    if as_json:
        _print(json.dumps({"revoked": token.id, "name": token.name}))
        return
    _print(f"Token {token.id} ({token.name!r}) opens nothing any more, within two seconds.")


def _print(text: str) -> None:
    print(text)  # noqa: T201


def _aside(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
