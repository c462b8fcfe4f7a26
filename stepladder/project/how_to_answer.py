"""How a person answers a question: by one key, by a number, by a number for each step, or by picks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.person import is_person
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.project.blind_trial import Said, in_frozen_order
from stepladder.project.folder import Project

Kind = Literal["words", "number", "steps", "picks"]
OFFERED = 18  # things to pick from


@dataclass(frozen=True)
class Way:
    """What is asked for about one case. words: what a key each says. keys: the rows, or what to pick from."""

    kind: Kind
    case: Mapping[str, Any]
    words: Sequence[tuple[str, float | str]] = ()
    keys: Sequence[Mapping[str, Any]] = ()
    most: int = 1
    least: float | None = None  # a number is no lower

    def read(self, text: str) -> Said:
        """An answer as it was typed. Raises Problem on what is none."""
        if self.kind == "words":
            return [(dict(self.case), self._word(text))]
        if self.kind == "number":
            return [(dict(self.case), self._number(text))]
        parts = [part for part in re.split(r"[\s;]+", text.strip()) if part]
        if self.kind == "steps":
            return self._steps(parts)
        return self._picks(parts)

    def shown(self, said: Said) -> str:
        """An answer as it is typed."""
        if self.kind == "words":
            return next(
                (word for word, value in self.words if value == said[0][1]), str(said[0][1])
            )
        if self.kind == "picks":
            keys = [dict(key) for key in self.keys]
            ranked = sorted(said, key=lambda one: -float(one[1]))
            return " ".join(str(keys.index(key) + 1) for key, _ in ranked if key in keys)
        return " ".join(f"{float(value):g}" for _, value in said)

    def _word(self, text: str) -> float | str:
        for word, value in self.words:
            if text.strip() == word:
                return value
        raise _no(text, f"one of: {', '.join(word for word, _ in self.words)}")

    def _number(self, text: str) -> float:
        try:
            found = float(text.strip().replace(",", "."))
        except ValueError:
            raise _no(text, "a number, such as 2 or 0.5") from None
        if not math.isfinite(found) or abs(found) >= 1e15:
            raise _no(text, "a number that somebody could count to")
        if self.least is not None and found < self.least:
            raise _no(text, f"a number of {self.least:g} or more")
        return found

    def _steps(self, parts: Sequence[str]) -> Said:
        numbers = [self._number(part) for part in parts]
        if len(numbers) not in (1, len(self.keys)):
            told = f"{len(self.keys)} numbers, or one that counts for each of them"
            raise _no(" ".join(parts), told)
        each = numbers * len(self.keys) if len(numbers) == 1 else numbers
        return [(dict(key), value) for key, value in zip(self.keys, each, strict=True)]

    def _picks(self, parts: Sequence[str]) -> Said:
        there = {str(nth): key for nth, key in enumerate(self.keys, 1)}
        unknown = [part for part in parts if part not in there]
        if not parts or unknown or len(set(parts)) < len(parts) or len(parts) > self.most:
            told = f"1 to {self.most} of the numbers 1 to {len(there)}, each once, the best first"
            raise _no(" ".join(parts), told)
        return [(dict(there[part]), float(len(parts) - i)) for i, part in enumerate(parts)]


def way(
    project: Project,
    history: History,
    case: Mapping[str, Any],
    answers: Callable[[], list[pa.Table]],
) -> Way:
    """How a case is answered at a moment. answers: what was answered about it, asked for where needed."""
    question = project.question
    further = [key for key in question.KEYS if key not in question.CASE]
    least = 0.0 if question.INTERVALS == "count" else None
    if not further:
        words: list[tuple[str, float | str]] = [(word, word) for word in question.LABELS]
        if not words and question.INTERVALS == "share":
            words = [("no", 0.0), ("yes", 1.0)]
        return Way("words", case, words) if words else Way("number", case, least=least)
    said = answers()
    if any(pa.types.is_temporal(table[key].type) for table in said for key in further):
        rows = said[0].select(list(question.KEYS)).to_pylist()
        return Way("steps", case, keys=[_plain(row) for row in rows], least=least)
    keys = _offered(question, history, case, further, said)
    return Way("picks", case, keys=keys, most=min(question.rows(project.ask), len(keys)))


def asked_for(project: Project) -> str:
    """What an answer is, in lay words."""
    return project.question.PREDICTION.format(horizon=project.ask.horizon)


def _offered(
    question: Question,
    history: History,
    case: Mapping[str, Any],
    further: Sequence[str],
    said: Sequence[pa.Table],
) -> list[dict[str, Any]]:
    """What rungs list, each one's best first; else what there was most of. Shown in an order of no rung."""
    ranked = [table.select(further).to_pylist() for table in said]
    turns = [row for turn in range(max(map(len, ranked), default=0))
             for rows in ranked for row in rows[turn : turn + 1]]  # fmt: skip
    there = [row for row in turns if all(value is not None for value in row.values())]
    if not there:
        there = _most(question, history, further)
    unique = list({tuple(row.values()): row for row in there}.values())[:OFFERED]
    if not unique or any(isinstance(value, date) for value in unique[0].values()):  # steps ahead
        raise Problem(
            "there is nothing to pick from yet",
            "a person answers about the rows that rungs answer about, or picks from what there is most of",
            "run the lowest rungs first: stepladder bakeoff",
        )
    salt = f"offered {sorted(case.items())}"
    shuffled = in_frozen_order(history, further, salt, pa.Table.from_pylist(unique))
    return [{**case, **row} for row in shuffled]


def _most(question: Question, history: History, further: Sequence[str]) -> list[dict[str, Any]]:
    columns = ", ".join(map(quoted, further))
    for spec in question.TABLES:
        if set(further) <= {column.name for column in spec.columns} and not spec.unique:
            break
    else:
        return []
    return history.sql(
        f"select {columns} from {quoted(spec.name)} group by {columns} "
        f"order by count(*) desc, {columns} limit {OFFERED}"
    ).to_pylist()


def answers_at(project: Project, case: Mapping[str, Any], holdout: str) -> list[pa.Table]:
    """What the rungs of the latest bake-off answered about a case at a replay, the reference first."""
    latest = project.record.latest_bakeoff(project.ask.question)
    if latest is None:
        return []
    result = project.result(latest.id)
    ran = [row.rung for row in result.rungs if row.status == "ok" and not is_person(row.rung)]
    names = sorted(ran, key=lambda name: (name != result.reference, name))
    home = project.folder / "bakeoffs" / str(result.id)
    paths = [home / name / f"{holdout}.parquet" for name in names]
    found = [_of(project.question, path, case) for path in paths if path.is_file()]
    return [table for table in found if table.num_rows]


def _of(question: Question, path: Path, case: Mapping[str, Any]) -> pa.Table:
    """The rows of one case in a file of answers, as they stand there."""
    try:
        return pq.read_table(path, filters=[(name, "=", case[name]) for name in question.CASE])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # ids are of another type by now
        return pq.read_schema(path).empty_table()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A key as the record keeps it."""
    return {
        name: value if isinstance(value, int | str) else str(value) for name, value in row.items()
    }


def _no(given: str, allowed: str) -> Problem:
    return Problem(f"the answer {given[:80]!r}", f"an answer is {allowed}", "type it anew")
