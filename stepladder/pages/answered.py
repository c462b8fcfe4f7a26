"""Which answers a page is about: those published last, else a bake-off's own; and that they are intact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder.bakeoff.result import Result
from stepladder.core import at_rest
from stepladder.core.copied import copy
from stepladder.core.errors import Problem, Unusable
from stepladder.project.folder import Project
from stepladder.project.report import shown_rung
from stepladder.record import Stored
from stepladder.report.words import label
from stepladder.service.published import latest
from stepladder.service.refused import Refused

PUBLISHED, NOW, PAST = "published", "now", "past"


@dataclass(frozen=True)
class Answered:
    """A file of answers: where it lies, by which rung, as of which day, and its hash where one is noted.

    what: published, or a bake-off's own as of now, or of a replay, whose name `window` is.
    """

    what: str
    path: Path
    rung: str
    title: str
    day: str
    sha256: str = ""
    window: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """Another one as soon as its bytes are."""
        try:
            there = self.path.stat()
        except OSError:
            return (self.path, self.sha256, None)
        return (
            self.path,
            self.sha256,
            there.st_ino,
            there.st_size,
            there.st_mtime_ns,
        )

    def copied(self, to: Path) -> Path:
        """A copy of the file, which nobody alters meanwhile. Raises Refused where it is gone or altered."""
        if not self.path.exists():
            raise Refused(503, f"the predictions {self.path.name} are gone",
                          "what was predicted lies in the project's folder", self._remedy)  # fmt: skip
        copy(self.path, to)
        if self.sha256 and at_rest.digest(to) != self.sha256:
            raise Refused(
                503, f"{self.path.name} is not what was predicted: somebody or something changed its bytes",
                "predictions are shown only if they agree with the hash in the record", self._remedy,
            )  # fmt: skip
        return to

    @property
    def _remedy(self) -> str:
        if self.what == PUBLISHED:
            return (
                f"make them again: stepladder run --again publish --from {self.day} --to {self.day}"
            )
        return "run it again: stepladder bakeoff"


@dataclass(frozen=True)
class Ground:
    """What the record says of a project's answers, read once for a visit."""

    project: Project
    result: Result | None  # of the latest bake-off; None before there is one
    noted: list[Stored]

    @staticmethod
    def of(project: Project) -> Ground:
        """As it is now."""
        noted = project.record.predictions(project.ask.question)
        return Ground(project, _result_of(project), noted)

    def answered(self, window: str = "") -> Answered | None:
        """The answers that count now, or those of a past window; None where nothing was predicted yet.

        Raises Refused where they are gone, or there is no such window.
        """
        if window:
            return self._past(window)
        stored = latest(self.project, self.noted)
        if stored is not None:
            title = _title(self.result, stored.rung)
            return Answered(PUBLISHED, self.project.folder / stored.path, stored.rung, title,
                            stored.as_of, stored.sha256)  # fmt: skip
        if lost := max((s for s in self.noted if s.published), key=lambda s: s.id, default=None):
            raise Refused(
                503, f"the predictions {lost.path} are gone",
                "what is published lies in the project's folder",
                f"make them again: stepladder run --again publish --from {lost.as_of} --to {lost.as_of}",
            )  # fmt: skip
        return None if self.result is None else self._of_bakeoff(self.result)

    def _of_bakeoff(self, result: Result) -> Answered:
        """A bake-off's own: as of now where it was asked, else those of the last replay."""
        rung = shown_rung(self.project, result)
        now = self.project.folder / "bakeoffs" / str(result.id) / rung / "now.parquet"
        if now.is_file():
            return Answered(NOW, now, rung, _title(result, rung), result.now)
        return self._at(result, rung, result.windows[-1].called)

    def _past(self, window: str) -> Answered:
        called = [each.called for each in self.result.windows] if self.result else []
        if self.result is None or window not in called:
            raise Refused(
                404, f"there is no past moment {window[:80]!r}",
                f"the latest bake-off stood at {', '.join(called) or 'none'}",
                "choose one of these on the page of the predictions",
            )  # fmt: skip
        return self._at(self.result, shown_rung(self.project, self.result), window)

    def _at(self, result: Result, rung: str, window: str) -> Answered:
        """What a rung said in a replay."""
        path = self.project.folder / "bakeoffs" / str(result.id) / rung / f"{window}.parquet"
        where = self.project.relative(path)
        day = next(w.now for w in result.windows if w.called == window)
        sha256 = next((one.sha256 for one in self.noted if one.path == where), "")
        return Answered(PAST, path, rung, _title(result, rung), day, sha256, window)


def _result_of(project: Project) -> Result | None:
    try:
        return project.result()
    except Unusable:
        raise
    except Problem:
        return None


def _title(result: Result | None, rung: str) -> str:
    titles = {row.rung: row.title for row in result.rungs} if result else {}
    return label(rung, titles.get(rung, ""))
