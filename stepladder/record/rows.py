"""What the record holds, one frozen row type each. Times are UTC, as ISO text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def key_of(case: Mapping[str, Any]) -> str:
    """A case, or a row of one, as the record knows it: JSON, with its columns in one order."""
    return json.dumps(dict(case), sort_keys=True, ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Loss:
    """How one rung did at one cutoff: its loss over all cases, and what it cost.

    role: "choose" or "report". loss: weighted mean per case, None where the rung did not answer.
    weight: the sum of weights. Seconds are CPU seconds.
    """

    rung: str
    height: int
    cutoff: str
    role: str
    status: str
    loss: float | None = None
    weight: float | None = None
    cases: int = 0
    fit_s: float | None = None
    predict_s_per_1000: float | None = None
    memory_mb: float | None = None
    model_bytes: int | None = None


@dataclass(frozen=True)
class Stored:
    """A file of predictions: which rung said it, as of which day, and the hashes that pin it.

    path is relative to the project; bakeoff is None for predictions made outside one. id, time and
    by are filled in by the record.
    """

    question: str
    rung: str
    as_of: str
    path: str
    sha256: str
    rows: int
    model_hash: str = ""
    bakeoff: int | None = None
    by: str = ""
    time: str = ""
    id: int = 0

    @property
    def published(self) -> bool:
        """Whether a night published it."""
        return self.bakeoff is None and self.path.startswith("published/")


@dataclass(frozen=True)
class CallList:
    """A list of whom to act on: by which rung, as of which day, and the file's hash when it was handed out.

    predictions: the number of the file that holds everybody's. rows: how many stand in the list's file.
    salt: what the lots were drawn with. id, time and by are filled in by the record.
    """

    question: str
    predictions: int | None
    rung: str
    as_of: str
    path: str
    sha256: str
    rows: int
    salt: str
    by: str = ""
    time: str = ""
    id: int = 0


@dataclass(frozen=True)
class Assignment:
    """One of those on a list, and what lot said: "call", or "control", who is left alone.

    key: JSON of the case. nth: its rank among both, the best is 1.
    """

    list: int
    nth: int
    key: str
    arm: str


@dataclass(frozen=True)
class Bakeoff:
    """One replay of the past: what was asked, of which data, with which versions, what came out.

    status: "running", "done", or "failed: why". settings is the text of question.toml.
    """

    id: int
    question: str
    started: str
    finished: str | None
    by: str
    status: str
    data_fingerprint: str
    settings: str
    versions: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Decision:
    """The business chose this rung: who, when, because of what, and after which bake-off.

    evidence: the hash of the page that was decided on. review: the day on which to look again.
    """

    id: int
    question: str
    bakeoff: int | None
    rung: str
    by: str
    time: str
    because: str
    evidence: str = ""
    review: str = ""


@dataclass(frozen=True)
class Answer:
    """What the person behind the curtain said of one case: a number, or a label.

    key: JSON of the row's KEYS. as_of: the moment that was shown to them; said: when they said it, by the
    clock. trial: of which blind trial, whose cases were drawn at random; empty outside one. seconds: how
    long they took. act: what was said in one go has one number, as the items of a list.
    """

    id: int
    question: str
    key: str
    prediction: float | None
    label: str | None
    as_of: str
    said: str
    by: str
    trial: str
    seconds: float | None
    act: int


@dataclass(frozen=True)
class Shipment:
    """A release went into production: "ship" by hand, "refit" by the nightly run, "rollback" to it.

    release: the hash of its manifest. decision: the decision behind it, None where it was forced.
    because: why it was forced or rolled back. id, time and by are filled in by the record.
    """

    question: str
    kind: str
    release: str
    rung: str
    model_hash: str
    as_of: str
    decision: int | None = None
    because: str = ""
    by: str = ""
    time: str = ""
    id: int = 0


@dataclass(frozen=True)
class Step:
    """One step of a nightly run as it went: for which day, with which inputs, how long, how it ended.

    key: the hash of code, settings and inputs. status: "done" or "failed"; detail says why.
    """

    question: str
    day: str
    step: str
    key: str
    status: str
    seconds: float
    detail: str = ""
    by: str = ""
    time: str = ""
    id: int = 0


@dataclass(frozen=True)
class Token:
    """Who may use the service, in which roles, until when; the token itself is nowhere, only its hash.

    roles: with commas between them, "read,review". folder: the name of the folder it was made in.
    """

    name: str
    roles: str
    sha256: str
    expires: str = ""
    revoked: str = ""
    folder: str = ""
    by: str = ""
    time: str = ""
    id: int = 0


@dataclass(frozen=True)
class Event:
    """One thing that somebody did or said: a link of the audit log, and the words, if they are there.

    kind: what it is, e.g. "comment", "check", "decision". about: JSON of the case, the item, or whatever it
    is about; empty where it is about the question. body is None where it was erased. request: the key of
    the form that sent it, so that a form sent twice counts once.
    """

    id: int
    question: str
    kind: str
    by: str
    time: str
    request: str = ""
    about: str = ""
    body: dict[str, Any] | None = None

    @property
    def told_about(self) -> dict[str, Any]:
        """The case that it is about; empty where it is about the question, or was erased."""
        return dict(json.loads(self.about)) if self.about else {}


@dataclass(frozen=True)
class Entry:
    """A way in for a browser: a "link" that opens once, or a "session"; only hashes are kept.

    token: the hash of the token it stands for; it ends with it. seen, ends, closed: moments, or empty.
    """

    kind: str
    sha256: str
    token: str
    made: str
    seen: str
    ends: str
    closed: str = ""
    id: int = 0


@dataclass(frozen=True)
class Job:
    """Work that somebody started from a page: what, by whom, and how it went.

    status: "running", "done", "failed: why" or "cancelled". detail: where its output is.
    """

    question: str
    kind: str
    arguments: dict[str, Any]
    status: str = "running"
    pid: int | None = None
    host: str = ""
    detail: str = ""
    finished: str = ""
    by: str = ""
    time: str = ""
    id: int = 0


@dataclass(frozen=True)
class Waiting:
    """A case that a person is asked about while somebody waits for the answer.

    key: JSON of the case. until: after it the fallback rung answers. act: the number of the person's answer.
    """

    question: str
    key: str
    as_of: str
    until: str
    act: int | None = None
    answer: dict[str, Any] | None = None
    by: str = ""
    time: str = ""
    id: int = 0
