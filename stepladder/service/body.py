"""What a request says: read from JSON, each slip told with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
from fastapi import Request
from pydantic import (
    BaseModel,
    ValidationError,
)

from stepladder.project.forgotten import forgotten
from stepladder.service.limits import Limits
from stepladder.service.models import Answered, known_model
from stepladder.service.refused import Refused
from stepladder.service.rows import TOO_MANY, shown, told
from stepladder.service.served import Served

Json = dict[str, Any]
T = TypeVar("T", bound=BaseModel)


class Case(NamedTuple):
    """One case of a request: somebody known by an id, or rows of one's own, with an id to echo or none."""

    where: str
    id: dict[str, int | str | None]  # by the columns that name a case
    new: bool
    rows: Any = None


async def parsed(request: Request) -> Json:
    """The body, an object of JSON. Raises Refused, with the line and column of a slip."""
    said = request.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != "application/json":
        raise Refused(
            415,
            f"a body said to be {said[:80] or 'nothing in particular'}",
            "a body is JSON",
            "send it with the header Content-Type: application/json",
        )
    try:
        found = json.loads((await request.body()).decode("utf-8"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _no_json(f"{error.msg}, line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise _no_json("it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]
        raise _no_json(what) from None
    if not isinstance(found, dict):
        raise Refused(422, f"the body is {shown(found)}", "an object with fields", "write {…}")
    return found


def read(model: type[T], body: Json, limits: Limits | None = None) -> T:
    """A body as the model describes it. Raises Refused with the place of the first slip."""
    try:
        return model.model_validate(body, context={"cases": limits.cases} if limits else None)
    except ValidationError as error:
        long = error.errors()[0]["type"] == TOO_MANY
        raise Refused(413 if long else 422, *told(error).parts()) from None


def question(served: Mapping[str, Served], body: Json) -> Served:
    """The project that is asked, which need not be named where there is one. Raises Refused."""
    name = body.get("question")
    if name is None and len(served) == 1:
        return next(iter(served.values()))
    if not isinstance(name, str) or name not in served:
        raise Refused(
            422 if name is None else 404,
            "no question was named" if name is None else f"there is no question {shown(name)}",
            f"questions are named by their folders; there are: {', '.join(sorted(served))}",
            "name one of these, or see them all: GET /models",
        )
    return served[name]


def cases(found: Served, asked: Any) -> list[Case]:
    """The cases of a request, in their order."""
    return [
        Case(
            f"cases[{i}]",
            {key.name: getattr(case, key.name) for key in found.case},
            "rows" in case.model_fields_set,
            getattr(case, "rows", None),
        )
        for i, case in enumerate(asked.cases)
    ]


def answered(found: Served, said: Answered) -> list[tuple[Json, float | str]]:
    """A person's answer, a number or a word for each of its keys. Raises Refused where it is none."""
    question = found.project.question
    further = [key for key in question.KEYS if key not in question.CASE]
    case, published = _known(found, said.case), found.published
    if further and said.items and published:
        model = known_model(published.table.schema.field(key) for key in further)
        numbers = [item.pop("prediction", len(said.items) - i) for i, item in enumerate(said.items)]
        items = [read(model, item).model_dump(mode="json") for item in said.items]
        return [({**case, **i}, float(n)) for i, n in zip(items, numbers, strict=True)]
    if further or said.prediction is None or said.items is not None:
        raise Refused(
            422,
            f"{'no items' if further else 'no prediction'} for {found.name}",
            f"`items`, a list of {', '.join(further)}, best first" if further else "`prediction`",
            "add it",
        )
    if isinstance(said.prediction, str) and said.prediction not in question.LABELS:
        known = f"a word: {', '.join(question.LABELS)}" if question.LABELS else "a finite number"
        raise Refused(422, f"prediction is {shown(said.prediction)}", known, "correct it")
    return [(case, said.prediction)]


def _known(found: Served, given: Json) -> Json:
    """A case named by its keys. Raises Refused where nobody has that id."""
    case = read(known_model(found.case), given).model_dump()
    published = found.published
    first, last = published.find(case) if published else (0, 0)
    if published is None or first == last:
        raise _nobody(case)
    return dict(published.named(case))


def not_forgotten(found: Served, case: Json) -> None:
    """Raise Refused where somebody was forgotten since the predictions were taken up."""
    if [case[name] for name in found.project.question.CASE] in forgotten(found.project):
        raise _nobody(case)


def _nobody(case: Json) -> Refused:
    return Refused(
        404,
        f"there is no {told_of(case)}",
        "an answer is about somebody in the published predictions",
        "check the id",
    )


def told_of(case: Mapping[str, Any]) -> str:
    """A case in words."""
    return ", ".join(f"{name} {value!r}" for name, value in case.items())


def examples(one: Served) -> Json:
    """Requests to start from, made up: whoever may read this page needs no token."""
    told: Json = {}
    if one.published:
        told["known"] = {k.name: 1 if pa.types.is_integer(k.type) else "an id" for k in one.case}
    if one.alone:
        told["new"] = {"rows": [_made_up(one, row, nth) for nth, row in enumerate(one.example)]}
    return {
        f"{one.name}: somebody {who}": {"value": {"question": one.name, "cases": [case]}}
        for who, case in told.items()
    }


def _made_up(one: Served, row: Json, nth: int) -> Json:
    """A row like one of the data; of what really stands there only ids, which are of things."""
    assert one.own is not None
    day = (one.own.now - timedelta(days=7 * (nth + 1))).isoformat()
    said = {
        "day": day,
        "time": day,
        "amount": 10.0 * (nth + 1),
        "number": 10.0,
        "text": "a text",
        "long": "a text",
    }
    kinds = {column.name: column.kind for column in one.own.spec.columns}
    return {name: said.get(kinds.get(name, ""), value) for name, value in row.items()}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _no_json(what: str) -> Refused:
    return Refused(
        400,
        f"the body is not JSON: {what}",
        "a body is JSON in UTF-8, as the examples of /docs",
        "correct it and send it again",
    )
