"""The record itself: a handful of functions that write what happened and read it back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, Row, Select, Table, delete, func, insert, select, update

from stepladder.core.errors import Problem
from stepladder.record import migrations, schema
from stepladder.record.address import checked, user
from stepladder.record.reach import engine_of, founding, place, reading, writing
from stepladder.record.rows import (
    Answer,
    Bakeoff,
    Decision,
    Loss,
    Shipment,
    Step,
    Stored,
    Token,
)

Noted = TypeVar("Noted", Shipment, Step, Token)
TABLES: dict[type, Table] = {
    Shipment: schema.shipments,
    Step: schema.steps,
    Token: schema.tokens,
}


@dataclass(frozen=True)
class Record:
    """What happened in this project: bake-offs, their losses, predictions, decisions and answers.

    Every function is one transaction: after a crash or a full disk it is wholly there or not at
    all. All raise Problem when the database is locked, full or out of reach.
    """

    engine: Engine

    @staticmethod
    def open(url: str | URL) -> Record:
        """Open the record, creating or migrating it. Raises Problem on one of a newer version."""
        record = Record(engine_of(checked(url)))
        with founding(record.engine) as connection:
            migrations.bring_up_to_date(connection, place(record.engine.url))
        return record

    def hurried(self, seconds: float) -> Record:
        """The same record, waiting no longer than that for others to be done with it."""
        return replace(self, engine=engine_of(self.engine.url, seconds))

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
            "started": _now(),
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
        done = {"status": "done", "finished": _now(), "result": dict(result)}
        by, time = user(), _now()
        with writing(self.engine) as connection:
            if not connection.execute(_ending(bakeoff, done)).rowcount:
                raise _not_running(bakeoff)
            if losses:
                rows = [{**asdict(loss), "bakeoff": bakeoff} for loss in losses]
                connection.execute(insert(schema.losses), _plain(rows))
            if predictions:
                rows = [_stamped(p, by, time) | {"bakeoff": bakeoff} for p in predictions]
                connection.execute(insert(schema.predictions), rows)

    def fail_bakeoff(self, bakeoff: int, why: str) -> None:
        """Note that a bake-off came to no result, and why; does nothing once it is finished."""
        with writing(self.engine) as connection:
            failed = {"status": f"failed: {why}", "finished": _now()}
            connection.execute(_ending(bakeoff, failed))

    def bakeoff(self, number: int) -> Bakeoff:
        """The bake-off of this number. Raises Problem when there is none."""
        found = self._rows(select(schema.bakeoffs).where(schema.bakeoffs.c.id == number))
        if not found:
            raise self._no_bakeoff(number)
        return Bakeoff(**found[0]._mapping)

    def bakeoffs(self, question: str) -> list[Bakeoff]:
        """All bake-offs of a question, the oldest first, also those that did not finish."""
        mine = select(schema.bakeoffs).where(schema.bakeoffs.c.question == question)
        return [Bakeoff(**row._mapping) for row in self._rows(mine.order_by(schema.bakeoffs.c.id))]

    def latest_bakeoff(self, question: str) -> Bakeoff | None:
        """The last bake-off of a question that came to a result, or None."""
        mine = schema.bakeoffs.c.question == question, schema.bakeoffs.c.status == "done"
        query = select(schema.bakeoffs).where(*mine).order_by(schema.bakeoffs.c.id.desc()).limit(1)
        found = self._rows(query)
        return Bakeoff(**found[0]._mapping) if found else None

    def losses(self, bakeoff: int) -> list[Loss]:
        """How every rung did at every cutoff of a bake-off, by rung and cutoff."""
        t = schema.losses
        columns = [c for c in t.c if c.name != "bakeoff"]
        query = select(*columns).where(t.c.bakeoff == bakeoff).order_by(t.c.rung, t.c.cutoff)
        return [Loss(**row._mapping) for row in self._rows(query)]

    def store_prediction(self, stored: Stored) -> int:
        """Note a file of predictions that has been written, and return its number."""
        return self._add(schema.predictions, _stamped(stored, user(), _now()))

    def predictions(self, question: str) -> list[Stored]:
        """All files of predictions made for a question, the oldest first."""
        t = schema.predictions
        return [Stored(**row._mapping) for row in self._rows(_of(t, question))]

    def altered(self, path: str, sha256: str, rows: int) -> None:
        """Note the new hash of a file of predictions that somebody was taken out of."""
        t = schema.predictions
        with writing(self.engine) as connection:
            connection.execute(update(t).where(t.c.path == path).values(sha256=sha256, rows=rows))

    def decide(
        self, question: str, rung: str, *, by: str, because: str, bakeoff: int | None = None
    ) -> int:
        """Note which rung the business chose, who chose it and why; return the decision's id."""
        if bakeoff is not None:
            self.bakeoff(bakeoff)
        row = {"question": question, "bakeoff": bakeoff, "rung": rung}
        return self._add(schema.decisions, {**row, "by": by, "time": _now(), "because": because})

    def decisions(self, question: str) -> list[Decision]:
        """Every decision about a question, the oldest first."""
        return [Decision(**row._mapping) for row in self._rows(_of(schema.decisions, question))]

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
        now = _now()
        usual: dict[str, Any] = {"question": question, "by": by, "trial": trial, "seconds": seconds}
        usual |= {"said": now, "as_of": as_of or now[:10]}
        t = schema.answers
        with writing(self.engine) as connection:
            act = int(connection.scalar(select(func.max(t.c.act))) or 0) + 1
            for keys, value in said:
                key = json.dumps(dict(keys), sort_keys=True, ensure_ascii=False)
                word = isinstance(value, str)
                what = {"label": value if word else None, "prediction": None if word else value}
                connection.execute(
                    insert(t).values(_plain({**usual, **what, "key": key, "act": act}))
                )
        return act

    def answers(self, question: str) -> list[Answer]:
        """Everything people said about a question's cases, the oldest first."""
        return [Answer(**row._mapping) for row in self._rows(_of(schema.answers, question))]

    def note(self, row: Shipment | Step | Token) -> int:
        """Note that something was shipped, a step was run or a token was made; return its number."""
        return self._add(TABLES[type(row)], _stamped(row, user(), _now()))

    def noted(self, kind: type[Noted], question: str | None = None) -> list[Noted]:
        """All that was noted of a kind, the oldest first; of one question where it is named."""
        table = TABLES[kind]
        query = select(table).order_by(table.c.id) if question is None else _of(table, question)
        return [kind(**row._mapping) for row in self._rows(query)]

    def revoke(self, token: int) -> None:
        """From now on this token opens nothing."""
        t = schema.tokens
        with writing(self.engine) as connection:
            connection.execute(update(t).where(t.c.id == token).values(revoked=_now()))

    def forget(self, question: str, sha256: str, case: Mapping[str, Any]) -> int:
        """Erase what people said about one case, and remember its hash; returns how much was erased."""
        t, mine = schema.answers, dict(case).items()
        row = {"question": question, "sha256": sha256, "by": user(), "time": _now()}
        with writing(self.engine) as connection:
            there = connection.execute(
                select(t.c.id, t.c.key).where(t.c.question == question)
            ).all()
            about = [each.id for each in there if mine <= json.loads(each.key).items()]
            connection.execute(delete(t).where(t.c.id.in_(about)))
            connection.execute(insert(schema.forgotten).values(row))
        return len(about)

    def forgotten(self, question: str) -> set[str]:
        """The hashes of those who are forgotten."""
        return {row.sha256 for row in self._rows(_of(schema.forgotten, question))}

    def _add(self, table: Table, row: Mapping[str, Any]) -> int:
        with writing(self.engine) as connection:
            added = connection.execute(insert(table).values(_plain(row))).inserted_primary_key
        return int(added[0]) if added else 0

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with reading(self.engine) as connection:
            return connection.execute(query).all()

    def _no_bakeoff(self, number: int) -> Problem:
        known = [str(row[0]) for row in self._rows(select(schema.bakeoffs.c.id))]
        return Problem(
            f"there is no bake-off {number} in the record {place(self.engine.url)}",
            f"recorded: {', '.join(known[-10:]) or 'none yet'}",
            "name one of these, or run a new one: stepladder bakeoff",
        )


def _of(table: Table, question: str) -> Select[Any]:
    return select(table).where(table.c.question == question).order_by(table.c.id)


def _ending(bakeoff: int, values: Mapping[str, Any]) -> Any:
    t = schema.bakeoffs
    running = t.c.id == bakeoff, t.c.status == "running"
    return update(t).where(*running).values(_plain(values))


def _not_running(bakeoff: int) -> Problem:
    return Problem(
        f"bake-off {bakeoff} is not running",
        "a bake-off is finished once",
        "run a new one: stepladder bakeoff",
    )


def _stamped(noted: Stored | Shipment | Step | Token, by: str, time: str) -> dict[str, Any]:
    row = _plain(asdict(noted))
    del row["id"]
    return {**row, "by": noted.by or by, "time": noted.time or time}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _plain(value: Any) -> Any:
    """What every database can keep: no NaN, no infinity, no NUL, no broken characters."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
