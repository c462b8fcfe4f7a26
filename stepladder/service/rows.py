"""The rows that somebody new brings: what they may say, and how they become the question's table."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

import pyarrow as pa
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from stepladder.core.errors import Problem
from stepladder.core.own import Brings, Brought, brought, sayable
from stepladder.core.table import Column
from stepladder.tables.ids.spelling import folded

MOST = 5_000  # rows of one case
TOO_MANY = "too_many"  # the type of the error where a list is too long
MOST_AMOUNT = 1e15  # beyond it sums lose their cents, and squares their meaning
IN_WORDS = {
    "id": "an id: a text or a whole number",
    "day": 'a day as "YYYY-MM-DD"',
    "time": 'a moment as "YYYY-MM-DDThh:mm:ss", or a day',
    "amount": "a finite number below 1e15, or null",
    "number": "a finite number below 1e15, or null",
    "text": "a text, or null",
    "long": "a text of any length, or null",
}
Case = tuple[str, Sequence[Mapping[str, Any] | BaseModel]]  # its place in the request, its rows
Json = dict[str, Any]


class Told(BaseModel):
    """An object of a request; what is wrong with it is told in three parts."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _fields(cls, given: Any) -> Any:
        allowed = f"an object with: {', '.join(cls.model_fields)}"
        if not isinstance(given, dict):
            raise wrong(f"is {shown(given)}", allowed, "write {…}")
        for name in given:
            if name not in cls.model_fields:
                near = difflib.get_close_matches(name[:100], cls.model_fields, 1)
                remedy = f"did you mean `{near[0]}`?" if near else "leave it out"
                raise wrong(f"has a field {shown(name)}", allowed, remedy)
        for name, field in cls.model_fields.items():
            if field.is_required() and name not in given:
                raise wrong(f"has no `{name}`", allowed, f"add it: {field.description or name}")
        return given


def row_model(own: Brings, name: str) -> type[Told]:
    """What a row of a newcomer's own may say: the columns of the table, without whose it is.

    A moment may be left out: rows are then taken in their order. Where the question lets newcomers bring
    columns that it did not declare, those that the project's table has may be brought too.
    """
    fields: Json = {}
    for column in own.spec.columns:
        if column.name in own.question.CASE or column.name not in own.schema.names:
            continue
        found, words = _kind(column, own.schema.field(column.name).type)
        needed = column.required and column.kind != "time"
        kind: Any = found if needed else found | None
        said = Annotated[kind, or_told(words)]
        about = Field(... if needed else None, description=f"{column.sentence}: {words}")
        fields[column.name] = (said, about)
    declared = {column.name for column in own.spec.columns}
    for further in (own.schema.field(name) for name in sorted(sayable(own) - declared)):
        number = pa.types.is_integer(further.type) or pa.types.is_floating(further.type)
        found, words = _kind(
            Column(further.name, "amount" if number else "text", False, (), ""), further.type
        )
        fields[further.name] = (
            Annotated[found | None, or_told(words)],
            Field(None, description=words),
        )
    return create_model(name, __base__=Told, **fields)


def rows_to_table(own: Brings, cases: Sequence[Case]) -> Brought:
    """The rows of several newcomers as the question's table, each under an id that nobody has.

    Rows without a moment are taken in their order, just before now. Source rows are counted from 1.
    Raises Problem where some rows of a case have a moment and others none, or one is not before now.
    """
    given = []
    for where, said in cases:
        rows = [dict(row) for row in said]
        _check_times(own, where, rows)
        names = [f for f in own.schema if any(row.get(f.name) is not None for row in rows)]
        columns = {f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in names}
        columns |= _spelt(own, columns)
        given.append(pa.table(columns) if columns else pa.Table.from_pylist([{}] * len(rows)))
    return brought(own.question, own.schema, own.now, given)


def _spelt(own: Brings, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The ids among the columns, as the project's own table spells them."""
    ids = {column.name for column in own.spec.columns if column.kind == "id"}
    texts = {n: c for n, c in columns.items() if n in ids and pa.types.is_string(c.type)}
    return {name: folded(column) for name, column in texts.items()} if own.one_spelling else {}


def several(what: str, most: int) -> BeforeValidator:
    """Demand a list of one or more; the caller may lower the most by the validation's context."""

    def read(given: Any, info: ValidationInfo) -> Any:
        limit = (info.context or {}).get(what, most)
        if not isinstance(given, list) or not 0 < len(given) <= limit:
            n = f"has {len(given):,} {what}" if isinstance(given, list) else f"is {shown(given)}"
            long = isinstance(given, list) and len(given) > limit
            remedy = "send fewer at once, the latest ones" if long else "add them"
            raise wrong(n, f"a list of 1 to {limit:,} {what}", remedy, TOO_MANY if long else "told")
        return given

    return BeforeValidator(read)


def identifier(kind: pa.DataType) -> Any:
    """An id as it stands in the data: whole numbers as such, everything else as text."""
    if pa.types.is_integer(kind):
        return Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63), BeforeValidator(_number)]
    return Annotated[str, Field(strict=True, max_length=1000), BeforeValidator(_text)]


def or_told(words: str) -> WrapValidator:
    """Say in words what is allowed, whatever pydantic found."""

    def read(given: Any, further: Callable[[Any], Any]) -> Any:
        try:
            return further(given)
        except ValidationError:
            raise wrong(f"is {shown(given)}", words, "correct the value") from None

    return WrapValidator(read)


def wrong(given: str, allowed: str, remedy: str, kind: str = "told") -> PydanticCustomError:
    """A slip, told in three parts once its place is known."""
    parts = {"given": given, "allowed": allowed, "remedy": remedy}
    return PydanticCustomError(kind, "{given}", parts)


def told(error: ValidationError) -> Problem:
    """The first slip that pydantic found, with its place, such as cases[0].rows[2].value."""
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in first["loc"])
    where, parts = place.lstrip(".") or "the body", first.get("ctx", {})
    if "remedy" in parts:
        return Problem(f"{where} {parts['given']}", parts["allowed"], parts["remedy"])
    return Problem(f"{where} is {shown(first['input'])}", first["msg"], "correct it")


def shown(value: Any) -> str:
    """A value as it may be shown: short, and on one line."""
    said = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return said if len(said) <= 80 else f"{said[:77]}…"


def _kind(column: Column, kind: pa.DataType) -> tuple[Any, str]:
    """A column's type, and in words."""
    if column.kind == "id":
        words = "a whole number" if pa.types.is_integer(kind) else IN_WORDS["id"]
        return identifier(kind), words
    text = Annotated[str, Field(strict=True, max_length=1000)]
    number = Annotated[float, Field(strict=True, gt=-MOST_AMOUNT, lt=MOST_AMOUNT)]
    kinds: Json = {
        "amount": number,
        "number": number,
        "day": Annotated[text, AfterValidator(_moment(kind)), Field(json_schema_extra={"format": "date"})],
        "time": Annotated[text, AfterValidator(_moment(kind))],
        "text": text,
        "long": Annotated[str, Field(strict=True)],
    }  # fmt: skip
    return kinds[column.kind], IN_WORDS[column.kind]


def _moment(kind: pa.DataType) -> Callable[[str], date | datetime]:
    """Read a day or a moment as the data have them; their clock has no zone."""

    def read(text: str) -> date | datetime:
        if pa.types.is_date(kind) or len(text) == 10:
            day = date.fromisoformat(text)
            return day if pa.types.is_date(kind) else datetime.combine(day, time())
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            raise ValueError
        return found

    return read


def _number(given: Any) -> Any:
    text = isinstance(given, str) and given.removeprefix("-").isdecimal()
    return int(given) if text else given


def _text(given: Any) -> Any:
    return str(given) if type(given) is int else given


def _check_times(own: Brings, where: str, rows: list[Json]) -> None:
    when = own.spec.time or ""
    said: list[Any] = [row.get(when) for row in rows]
    if not any(said):
        return
    if not all(said):
        raise Problem(
            f"{where}.rows: {len(rows) - said.count(None):,} of {len(rows):,} rows have a `{when}`",
            "either every row says when it was, or none does, and they stand in their order",
            f"add the missing ones, or leave `{when}` out of all",
        )
    for i, moment in enumerate(said):
        if (moment.date() if isinstance(moment, datetime) else moment) >= own.now:
            raise Problem(
                f"{where}.rows[{i}].{when} is {moment}, and the answer is as of {own.now}",
                f"rows are of what happened before {own.now}: the model knows nothing later",
                "leave out later rows, or ask again when newer predictions are published",
            )
