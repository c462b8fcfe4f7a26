"""One row for each case of a file of answers, laid out once: any page in any order is found at once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import at_rest, rooms
from stepladder.core.history import literal, quoted
from stepladder.core.question import Question
from stepladder.pages.answered import Answered
from stepladder.pages.standing import Standing
from stepladder.project.folder import Project

MEMORY, TO_READ = "160MB", "64MB"  # of DuckDB: while it is laid out, and while it is read
SHOWN = 3  # items of a list that stand in its row
ID = "_id"  # the case as one text, by which it is searched
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Listing:
    """The rows, and what they hold: the kind of each number (count, share, number), and which are texts.

    several: "" where a case has one row, else "periods" or "items" of which its row is made.
    """

    key: tuple[Any, ...]
    con: Any
    case: tuple[str, ...]
    kinds: dict[str, str]
    numbers: dict[str, str]
    texts: tuple[str, ...]
    several: str
    rows: int
    whole: frozenset[str]  # numbers that every row has: these are found without looking at each

    def asked(self, query: str, values: list[Any]) -> Any:
        """What a SELECT over `listing` finds; values are bound."""
        return self.con.cursor().execute(query, values)


def listing(
    standing: Standing,
    project: Project,
    name: str,
    said: Answered,
    came: Callable[[pa.Table], pa.Table] | None = None,
) -> Listing:
    """The listing of these answers, made when they are looked at for the first time.

    came: what came of the cases that it is given, KEYS…, actual; asked for once.
    """
    slot = ("listing", name, said.window)
    there = standing.kept.get(slot)
    if there is not None and there.key == said.key:
        found: Listing = there
        return found
    with _one_at_a_time:  # two of a million rows at once would take twice the memory
        there = standing.kept.get(slot)
        if there is None or there.key != said.key:
            there = _laid_out(project, said, came)
            with standing.lock:
                standing.kept[slot] = there
    return there


def _laid_out(
    project: Project, said: Answered, came: Callable[[pa.Table], pa.Table] | None
) -> Listing:
    key, room = said.key, rooms.made()
    try:
        file = room / "listing.duckdb"
        answers = said.copied(room / "answers.parquet")
        schema = at_rest.kinds(answers)
        with duckdb.connect(str(file), config={"threads": 1, "memory_limit": MEMORY}) as con:
            con.execute(f"set temp_directory = {literal(str(room))}")
            con.execute("set preserve_insertion_order = false")
            con.execute("set enable_progress_bar = false")
            con.execute(
                f"create view said as from {at_rest.said(answers)[:-1]}, file_row_number = true)"
            )
            if came is not None:
                con.register("cases", _cases(con, project.question))
                outcome = came(con.table("cases").to_arrow_table())
                pq.write_table(_numbers(project.question, outcome), room / "came.parquet")
                del outcome
                con.unregister("cases")
                con.execute(f"create view came as from {at_rest.said(room / 'came.parquet')}")
            query = select(project, schema, came is not None)
            con.execute(f"create table listing as {query} order by {_named(project.question.CASE)}")
            con.execute("drop view said")
            con.execute("drop view if exists came")
        for gone in room.glob("*.parquet"):
            gone.unlink()
        return _opened(project.question, schema, came is not None, key, file, room)
    except BaseException:
        rooms.gone(room)
        raise


def _opened(
    question: Question, schema: pa.Schema, past: bool, key: tuple[Any, ...], file: Path, room: Path
) -> Listing:
    con = duckdb.connect(
        str(file), read_only=True, config={"threads": 1, "memory_limit": TO_READ, "temp_directory": str(room)}
    )  # fmt: skip
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    number = "share" if question.INTERVALS == "share" else "number"
    numbers = {"prediction": number}
    numbers |= {n: k for n, k in question.EXTRAS.items() if k != "text" and n in schema.names}
    if question.KEYS != question.CASE:
        numbers = {"prediction": number}
    if past:
        numbers |= {"came": "number", "surprise": "number"}
    texts = tuple(n for n, k in question.EXTRAS.items() if k == "text" and n in schema.names)
    kinds = {name: str(kind) for name, kind, *_ in con.execute("describe listing").fetchall()}
    (rows,) = con.execute("select count(*) from listing").fetchone() or (0,)
    counts = ", ".join(f"count({quoted(name)})" for name in numbers)
    there = con.execute(f"select {counts} from listing").fetchone() or ()
    whole = frozenset(n for n, many in zip(numbers, there, strict=True) if many == rows)
    made = Listing(
        key, con, question.CASE, kinds, numbers, texts, _several(question, schema), rows, whole
    )
    weakref.finalize(made, _put_away, con, room)
    return made


def _put_away(con: Any, room: Path) -> None:
    con.close()
    rooms.gone(room)


def _several(question: Question, schema: pa.Schema) -> str:
    further = [name for name in question.KEYS if name not in question.CASE]
    if not further:
        return ""
    timed = any(pa.types.is_temporal(schema.field(name).type) for name in further)
    return "periods" if timed else "items"


def select(project: Project, schema: pa.Schema, past: bool) -> str:
    """A row a case in SQL, of `said` and, of the past, `came`."""
    question = project.question
    case, several = _named(question.CASE), _several(question, schema)
    texts = [n for n, k in question.EXTRAS.items() if k == "text" and n in schema.names]
    numbers = [n for n, k in question.EXTRAS.items() if k != "text" and n in schema.names]
    id_ = " || '/' || ".join(f"cast({quoted(name)} as varchar)" for name in question.CASE)
    joined = f"{_joined(project, several, past)} where {_somebody(question, schema)}"
    if not several:
        further = "".join(f", {quoted(name)}" for name in (*numbers, *texts))
        beside = ", actual as came, actual - prediction as surprise" if past else ""
        return f"select {case}, {id_} as {ID}, prediction, low, high{further}{beside} from {joined}"
    further = "".join(f", any_value({quoted(name)}) as {quoted(name)}" for name in texts)
    made = _of_periods(question) if several == "periods" else _of_items(project)
    beside = _came(question, several) if past else ""
    return f"select {case}, any_value({id_}) as {ID}, {made}{further}{beside} from {joined} group by {case}"


def _came(question: Question, several: str) -> str:
    """Of periods what came against what was said, of those that are over; of a list what it did not hold."""
    if several == "periods":
        return """, sum(actual) as came,
            sum(actual) - sum(case when actual is not null then prediction end) as surprise"""
    right = "1.0" if question.INTERVALS is None else "prediction"
    return f""", max(_came) as came, max(_came) - coalesce(sum(
        case when actual > 0 then {right} * least(actual, 1.0) end), 0) as surprise"""


def _of_periods(question: Question) -> str:
    (time, *_) = [quoted(name) for name in question.KEYS if name not in question.CASE]
    return f"""sum(prediction) as prediction, count(*) as _n, arg_min(prediction, {time}) as _first,
        arg_max(prediction, {time}) as _last"""


def _of_items(project: Project) -> str:
    (item, *_) = [
        quoted(name) for name in project.question.KEYS if name not in project.question.CASE
    ]
    shown = (
        f"coalesce(_title, cast({item} as varchar))"
        if _titles(project)
        else f"cast({item} as varchar)"
    )
    best = "" if project.question.INTERVALS is None else "prediction desc, "
    first = (
        f"list(left({shown}, 60) order by {best}file_row_number) filter (where {item} is not null)"
    )
    return f"max(prediction) as prediction, count({item}) as _n, ({first})[1:{SHOWN}] as _items"


def _titles(project: Project) -> tuple[Path, str] | None:
    """The table that has titles of what lists hold, where the question has one: its file, and by what."""
    question = project.question
    for spec in question.TABLES:
        further = spec.key[0] in question.KEYS and spec.key[0] not in question.CASE
        if len(spec.key) == 1 and further and "title" in {column.name for column in spec.columns}:
            return project.table(spec.name), spec.key[0]
    return None


def _somebody(question: Question, schema: pa.Schema) -> str:
    """Not those whom replays make up: ids are never negative, nor do they begin with a blank."""
    return " and ".join(
        f"{quoted(n)} >= 0" if pa.types.is_integer(schema.field(n).type)
        else f"not starts_with(cast({quoted(n)} as varchar), ' ')"
        for n in question.CASE
    )  # fmt: skip


def _joined(project: Project, several: str, past: bool) -> str:
    """What was said beside what came of it, by key; with all that came of the case, and with titles."""
    question, made = project.question, "said"
    if past:
        made += f" left join came using ({_named(question.KEYS)})"
        total = f"select {_named(question.CASE)}, sum(least(actual, 1.0)) as _came from came group by all"
        if several == "items":
            made += f" left join ({total}) as totals using ({_named(question.CASE)})"
    if several == "items" and (found := _titles(project)):
        path, key = found[0], quoted(found[1])
        titled = (
            f"select {key}, any_value(title) as _title from {at_rest.said(path)} group by {key}"
        )
        made += f" left join ({titled}) as titled using ({key})"
    return made


def _cases(con: Any, question: Question) -> pa.Table:
    case = _named(question.CASE)
    found: pa.Table = con.execute(
        f"select distinct {case} from said order by {case}"
    ).to_arrow_table()
    return found


def _numbers(question: Question, came: pa.Table) -> pa.Table:
    """What came, as numbers: words as what they count as."""
    from stepladder.core.asking import numbers

    values = numbers(came["actual"], question.LABELS)
    actual = pa.array(values, mask=values != values)  # NaN is what is not known yet
    return came.select(list(question.KEYS)).append_column("actual", actual)


def _named(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, columns))
