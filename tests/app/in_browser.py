"""A running app, and people who come in to it: by HTTP, or in a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

import stepladder
from stepladder.pages.door import COOKIE
from stepladder.pages.house import house
from stepladder.record.entries import session
from stepladder.service import tokens
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import hashed


@dataclass(frozen=True)
class Site:
    """Where it runs, over which folder."""

    at: str
    folder: Path
    shelf: Shelf
    clients: list[httpx.Client] = field(default_factory=list)

    def project(self, name: str = "shop") -> stepladder.Project:
        """A project as its files are now."""
        return stepladder.Project.open(self.folder / name)

    def session(self, *roles: str, name: str = "shop", who: str = "") -> str:
        """Somebody's session in one project, in these roles."""
        project = self.project(name)
        token = tokens.new(project, who or " ".join(roles), roles)
        self.shelf.keys.look(name)
        return session(project.record, hashed(token))

    def client(self, *roles: str, name: str = "shop", who: str = "") -> httpx.Client:
        """A browser without scripts."""
        cookies = {COOKIE: self.session(*roles, name=name, who=who)} if roles else {}
        own = {"sec-fetch-site": "same-origin"}
        made = httpx.Client(base_url=self.at, cookies=cookies, headers=own)
        self.clients.append(made)  # closed when the site is
        return made

    @contextmanager
    def page(self, browser: Any, *roles: str, **about: Any) -> Iterator[Any]:
        """A page of a real browser, in which somebody is in already; it fails on any error of a script."""
        who = {key: about.pop(key) for key in ("name", "who") if key in about}
        context = browser.new_context(base_url=self.at, **about)
        if roles:
            secret = self.session(*roles, **who)
            context.add_cookies([{"name": COOKIE, "value": secret, "url": self.at}])
        page, wrong = context.new_page(), []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda one: wrong.append(one.url) if not one.url.startswith(self.at) else None,
        )
        try:
            yield page
        finally:
            context.close()
        assert wrong == []


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """The app over a folder, on a real port."""
    shelf = Shelf.of(folder)
    server = uvicorn.Server(
        uvicorn.Config(house(shelf, Limits(rate=0)), port=0, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = Site(f"http://127.0.0.1:{port}", folder, shelf)
    yield found
    for client in found.clients:
        client.close()
    server.should_exit = True
    thread.join(20)
    shelf.put_away()
