"""The record itself: a handful of functions that write what happened and read it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, Table

from stepladder.core.errors import Problem
from stepladder.record import about, copies, log, migrations, schema
from stepladder.record.address import checked, user
from stepladder.record.owned import Owned
from stepladder.record.reach import (
    Missing,
    engine_of,
    place,
    reading,
    scrub,
    taking_turns,
    unwritable,
    writing,
)
from stepladder.record.rows import (
    Answer,
    Bakeoff,
    CallList,
    Decision,
    Loss,
    Shipment,
    Step,
    Stored,
    Token,
    key_of,
)

Noted = TypeVar("Noted", Shipment, Step, Token)
TABLES: dict[type, Table] = {
    Shipment: schema.shipments,
    Step: schema.steps,
    Token: schema.tokens,
}


@dataclass(frozen=True)
class Record:
    """What happened in one project: bake-offs, their losses, predictions, decisions and answers.

    Others may share the record: what is read and written is of this project alone. Every function is
    one transaction: after a crash or a full disk it is wholly there or not at all. All raise Problem
    when the database is locked, full or out of reach.
    """

    engine: Engine
    project: str
    stopped: Problem | None = None  # why nothing may be written from here

    @staticmethod
    def open(url: str | URL, project: str) -> Record:
        """Open a project's record, migrating it. Raises Problem where it is missing or of a newer version."""
        record = Record(engine_of(checked(url)), project)
        migrations.bring_up_to_date(record.engine)
        return record

    def hurried(self, seconds: float) -> Record:
        """The same record, waiting no longer than that for others to be done with it."""
        return replace(self, engine=engine_of(self.engine.url, patience=seconds))

    @staticmethod
    def make(url: str | URL, project: str) -> Record:
        """Make an empty record where there is none: for a new project, or where its owner says so."""
        engine = engine_of(checked(url), make=True)
        try:
            migrations.bring_up_to_date(engine, make=True)
        except Missing:
            raise unwritable(place(engine.url), "its folder is not there") from None
        return Record.open(url, project)

    def may_write(self) -> None:
        """Raises Problem where nothing may be written from here: before the first file is."""
        if self.stopped is not None:
            raise self.stopped

    @contextmanager
    def reads(self) -> Iterator[Owned]:
        """One consistent look at the project's rows."""
        with reading(self.engine) as connection:
            yield Owned(connection, self.project)

    @contextmanager
    def writes(self) -> Iterator[Owned]:
        """One transaction over the project's rows; writers take turns. Raises Problem where none may."""
        self.may_write()
        with writing(self.engine) as connection:
            taking_turns(connection, self.project)
            yield Owned(connection, self.project)

    def begin_bakeoff(
        self,
        question: str,
        *,
        settings: str,
        data_fingerprint: str,
        versions: Mapping[str, Any],
        by: str = "",
    ) -> int:
        """Note that a bake-off has begun and return its number."""
        row = {
            "question": question,
            "started": now(),
            "by": by or user(),
            "status": "running",
            "data_fingerprint": data_fingerprint,
            "settings": settings,
            "versions": dict(versions),
        }
        return self._add(schema.bakeoffs, row)

    def finish_bakeoff(
        self,
        bakeoff: int,
        result: Mapping[str, Any],
        losses: Sequence[Loss],
        predictions: Sequence[Stored] = (),
    ) -> None:
        """Write a bake-off's result, losses and predictions, all of them or nothing."""
        by, time = user(), now()
        done = {"status": "done", "finished": time, "result": dict(result)}
        with self.writes() as mine:
            if not mine.change(schema.bakeoffs, _running(bakeoff), **done):
                raise _not_running(bakeoff)
            mine.put(schema.losses, [{**asdict(loss), "bakeoff": bakeoff} for loss in losses])
            first = mine.next(schema.predictions)
            rows = [stamped(p, by, time) | {"bakeoff": bakeoff} for p in predictions]
            mine.put(schema.predictions, [{**row, "id": n} for n, row in enumerate(rows, first)])

    def fail_bakeoff(self, bakeoff: int, why: str) -> None:
        """Note that a bake-off came to no result, and why; does nothing once it is finished."""
        with self.writes() as mine:
            failed = {"status": f"failed: {why}", "finished": now()}
            mine.change(schema.bakeoffs, _running(bakeoff), **failed)

    def bakeoff(self, number: int) -> Bakeoff:
        """The bake-off of this number. Raises Problem when there is none."""
        with self.reads() as mine:
            found = mine.rows(schema.bakeoffs, schema.bakeoffs.c.id == number)
            if not found:
                raise self._no_bakeoff(mine, number)
        return Bakeoff(**found[0]._mapping)

    def bakeoffs(self, question: str) -> list[Bakeoff]:
        """All bake-offs of a question, the oldest first, also those that did not finish."""
        return self._all(Bakeoff, schema.bakeoffs, question)

    def latest_bakeoff(self, question: str) -> Bakeoff | None:
        """The last bake-off of a question that came to a result, or None."""
        t = schema.bakeoffs
        with self.reads() as mine:
            found = mine.last(t, t.c.question == question, t.c.status == "done")
        return Bakeoff(**found._mapping) if found else None

    def losses(self, bakeoff: int) -> list[Loss]:
        """How every rung did at every cutoff of a bake-off, by rung and cutoff."""
        t = schema.losses
        with self.reads() as mine:
            found = [dict(row._mapping) for row in mine.rows(t, t.c.bakeoff == bakeoff)]
        rows = [{k: v for k, v in row.items() if k != "bakeoff"} for row in found]
        return [Loss(**row) for row in rows]

    def store_prediction(self, stored: Stored) -> int:
        """Note a file of predictions that has been written, and return its number."""
        return self._add(schema.predictions, stamped(stored, user(), now()))

    def predictions(self, question: str) -> list[Stored]:
        """All files of predictions made for a question, the oldest first."""
        return self._all(Stored, schema.predictions, question)

    def decide(
        self,
        question: str,
        rung: str,
        *,
        by: str,
        because: str,
        bakeoff: int | None = None,
        evidence: Callable[[int], str] | str = "",
        review: str = "",
        request: str = "",
    ) -> int:
        """Note which rung the business chose, who chose it and why; return the decision's id.

        evidence: the hash of the page decided on, or what makes that page once the decision's number is
        known; nobody else decides meanwhile, and where it raises nothing is written. request: the key of
        the form that sent it; what is sent twice is decided once.
        """
        if bakeoff is not None:
            self.bakeoff(bakeoff)
        row = {"question": question, "bakeoff": bakeoff, "rung": rung}
        row |= {"by": by, "time": now(), "because": because, "review": review}
        with self.writes() as mine:
            if (before := log.sent(mine, by, request)) and before.body:
                return int(before.body[log.ROW])
            number = mine.next(schema.decisions)
            row["evidence"] = evidence if isinstance(evidence, str) else evidence(number)
            return log.added(mine, "decision", schema.decisions, row, now(), request)

    def decisions(self, question: str) -> list[Decision]:
        """Every decision about a question, the oldest first."""
        return self._all(Decision, schema.decisions, question)

    def decision(self, question: str) -> Decision | None:
        """The decision in force: the latest one, or None."""
        taken = self.decisions(question)
        return taken[-1] if taken else None

    def answer(
        self,
        question: str,
        said: Sequence[tuple[Mapping[str, Any], float | str]],
        *,
        by: str,
        as_of: str = "",
        trial: str = "",
        seconds: float | None = None,
    ) -> int:
        """Note what a person expects, a number or a label for each of some keys; return the answer's number.

        What is said in one go, as the items of a list, counts together: it replaces what was said before.
        """
        moment = now()
        usual: dict[str, Any] = {"question": question, "by": by, "trial": trial, "seconds": seconds}
        usual |= {"said": moment, "as_of": as_of or moment[:10]}
        with self.writes() as mine:
            act = mine.next(schema.answers, "act")
            for keys, value in said:
                key = key_of(keys)
                word = isinstance(value, str)
                what = {"label": value if word else None, "prediction": None if word else value}
                row = {**usual, **what, "key": key, "act": act}
                log.added(mine, "answer", schema.answers, row, moment)
        return act

    def answers(self, question: str) -> list[Answer]:
        """Everything people said about a question's cases, the oldest first."""
        return self._all(Answer, schema.answers, question)

    def note(self, row: Shipment | Step | Token) -> int:
        """Note that something was shipped, a step was run or a token was made; return its number."""
        kind, written = type(row).__name__.lower(), stamped(row, user(), now())
        if kind not in log.KEPT:
            return self._add(TABLES[type(row)], written)
        with self.writes() as mine:
            return log.added(mine, kind, TABLES[type(row)], written, now())

    def noted(self, kind: type[Noted], question: str | None = None) -> list[Noted]:
        """All that was noted of a kind, the oldest first; of one question where it is named."""
        return self._all(kind, TABLES[kind], question)

    def revoke(self, token: int) -> None:
        """From now on this token opens nothing."""
        t, moment = schema.tokens, now()
        with self.writes() as mine:
            mine.change(t, [t.c.id == token], revoked=moment)
            for row in mine.rows(t, t.c.id == token):
                log.wrote(mine, "", "token", dict(row._mapping), user(), moment)

    def forget(self, question: str, sha256: str, case: Mapping[str, Any]) -> int:
        """Erase what people said about one case, and remember its hash; returns how much was erased."""
        with self.writes() as mine:
            erased = about.erase(mine, schema.answers, question, case)
            about.erase(mine, schema.waiting, question, case)
            row = {"question": question, "sha256": sha256, "by": user(), "time": now()}
            mine.add(schema.forgotten, row)
            said = log.erase(mine, question, case)
            log.add(mine, question, "forgotten", {"events": said}, by=row["by"], time=row["time"])
        return erased + len(said)

    def forgotten(self, question: str) -> set[str]:
        """The hashes of those who are forgotten."""
        t = schema.forgotten
        with self.reads() as mine:
            return {row.sha256 for row in mine.rows(t, t.c.question == question)}

    def scrubbed(self) -> None:
        """Leave nothing of what was erased: not in freed pages, the log beside, or copies made beside it."""
        self.may_write()
        for copy in copies.copies_beside(self.engine):
            copy.unlink(missing_ok=True)
        scrub(self.engine)

    def _add(self, table: Table, row: Mapping[str, Any]) -> int:
        with self.writes() as mine:
            return mine.add(table, row)

    def _all(self, kind: type[Any], table: Table, question: str | None) -> list[Any]:
        about = [] if question is None else [table.c.question == question]
        with self.reads() as mine:
            return [kind(**row._mapping) for row in mine.rows(table, *about)]

    def _no_bakeoff(self, mine: Owned, number: int) -> Problem:
        known = [str(row.id) for row in mine.rows(schema.bakeoffs)]
        return Problem(
            f"there is no bake-off {number} in this project",
            f"recorded: {', '.join(known[-10:]) or 'none yet'}",
            "name one of these, or run a new one: stepladder bakeoff",
        )


def _running(bakeoff: int) -> list[Any]:
    return [schema.bakeoffs.c.id == bakeoff, schema.bakeoffs.c.status == "running"]


def _not_running(bakeoff: int) -> Problem:
    return Problem(
        f"bake-off {bakeoff} is not running",
        "a bake-off is finished once",
        "run a new one: stepladder bakeoff",
    )


def stamped(
    noted: CallList | Stored | Shipment | Step | Token, by: str, time: str
) -> dict[str, Any]:
    """A row with who wrote it and when; its number comes when it is added."""
    row = asdict(noted)
    del row["id"]
    return {**row, "by": noted.by or by, "time": noted.time or time}


def now() -> str:
    """The moment, as the record writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
