"""The tokens of every project, read again and again, and how old what was read may be."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from stepladder.project.folder import Project
from stepladder.record import Token
from stepladder.service.refused import Refused, unknown
from stepladder.service.tokens import by_hash, state

EVERY_S, PATIENCE_S, TOLD_S = 0.5, 1.0, 60.0  # reading waits for nobody longer than that
THREADS = 16  # one record that does not answer holds up no other
log = logging.getLogger("stepladder.service")


@dataclass
class Keys:
    """Which tokens there are, by project and hash, and when that was read."""

    projects: Mapping[str, Project]
    tokens: dict[str, dict[str, Token]] = field(default_factory=dict)
    read: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def of(projects: Mapping[str, Project]) -> Keys:
        """The tokens of these projects, as of now. Raises Problem where a record cannot be read."""
        found = Keys({name: one.hurried(PATIENCE_S) for name, one in projects.items()})
        for name in projects:
            found.look(name)
        return found

    async def watch(self) -> None:
        """Read them again for as long as the service runs, in threads that do nothing else."""
        pool = ThreadPoolExecutor(min(len(self.projects), THREADS), "tokens")
        try:
            await asyncio.gather(*(self._watch(name, pool) for name in self.projects))
        finally:  # the service stops, and does not wait for a record that does not answer
            pool.shutdown(wait=False, cancel_futures=True)

    async def _watch(self, name: str, pool: ThreadPoolExecutor) -> None:
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(pool, self.look, name)
            except Exception as error:  # a record that cannot be read for a while
                if time.monotonic() - self.told.get(name, -TOLD_S) >= TOLD_S:
                    self.told[name] = time.monotonic()
                    log.warning("%s: tokens cannot be read: %s", name, " ".join(str(error).split()))
            await asyncio.sleep(EVERY_S)

    def look(self, name: str) -> None:
        """Read one project's tokens; what was revoked before this began opens nothing after it."""
        begun = time.monotonic()
        found = by_hash(self.projects[name])
        if begun >= self.read.get(name, begun):  # else somebody who began later was done before
            self.tokens[name], self.read[name] = found, begun

    def found(self, digest: str) -> dict[str, Token]:
        """The projects that a token opens."""
        good = {}
        for name, tokens in self.tokens.items():
            if (token := tokens.get(digest)) is None:
                continue
            if (now := state(token)) == "valid":
                good[name] = token
            else:
                log.warning("token %d (%s) of %s is %s", token.id, token.name, name, now)
        return good

    def still(self, token: Token, name: str, most: float) -> None:
        """Raises Refused where a token opens a project no more, or may not."""
        self.check([name], most)
        if name not in self.found(token.sha256):
            raise unknown()

    def age(self, name: str) -> float:
        """Seconds since a project's tokens were known for sure."""
        return time.monotonic() - self.read[name]

    def check(self, names: Iterable[str], most: float) -> None:
        """Raises Refused where a token may have been revoked since, and nobody could tell."""
        if any(self.age(name) > most for name in names):
            raise Refused(
                503,
                "the record cannot be read at the moment, and a token may have been revoked",
                f"what is known of tokens may be {most:g} s old for this; nothing was done",
                "send it again in a moment",
                retry_after=1,
            )
