"""What a request says and what an answer holds: pydantic models, one of each for every project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

import pyarrow as pa
from fastapi import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.json_schema import models_json_schema

from stepladder.core.predictions import columns
from stepladder.core.question import Question
from stepladder.service.alone import Own
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.rows import (
    IN_WORDS,
    MOST,
    TOO_MANY,
    Told,
    identifier,
    or_told,
    row_model,
    several,
    shown,
    told,
    wrong,
)  # fmt: skip

if TYPE_CHECKING:
    from stepladder.service.served import Served

Json = dict[str, Any]
T = TypeVar("T", bound=BaseModel)
_model: Any = create_model  # its types know no fields but those written out
MOST_CASES = 1_000
REF = "#/components/schemas/{model}"
Said = Annotated[str, Field(strict=True, min_length=1, max_length=2_000, pattern=r"\S")]


class Case(NamedTuple):
    """One case of a request: somebody known by an id, or rows of one's own, with an id to echo or none."""

    where: str
    id: int | str | None
    new: bool
    rows: Any = None


class Answered(Told):
    """What a person expects of a case."""

    question: str | None = None
    case: Json = Field(description="whom it is about")
    prediction: Annotated[float, Field(strict=True, gt=-1e300, lt=1e300)]


class Decided(Told):
    """Which rung a person decides on."""

    question: str | None = None
    rung: Said
    because: Said


class Noted(BaseModel):
    """Its number in the record."""

    answer: int | None = None
    decision: int | None = None


class Parts(BaseModel):
    """What was given, what is allowed, and what to do."""

    given: str
    allowed: str
    remedy: str


class Error(BaseModel):
    """A refusal."""

    error: Parts


def request_model(name: str, own: Own) -> type[BaseModel]:
    """The request of /predict about one project."""
    key = own.key.name
    row: Any = row_model(own.spec, own.schema, [key], _called(name, "Row"))
    rows = Annotated[list[row], Field(min_length=1, max_length=MOST), several("rows", MOST)]
    of: Json = {
        key: (_asked_for(own.key) | None, Field(None, description=f"the {key}'s id in the data")),
        "rows": (rows, Field(None, description="rows of one's own")),
    }
    either = {"either": model_validator(mode="before")(_either(key))}
    case: Any = _model(_called(name, "Case"), **of, __base__=Told, __validators__=either)
    cases = Annotated[list[case], Field(min_length=1), several("cases", MOST_CASES)]
    about = "whether cases with rows are answered with reasons"
    asked: Json = {
        "question": (Literal[name], Field(name, description="not needed where there is one")),
        "cases": (cases, ...),
        "why": (bool, Field(False, description=about)),
    }
    return _model(_called(name, "Request"), **asked, __base__=Told)


def answer_model(name: str, own: Own, question: Question) -> type[BaseModel]:
    """The answer of /predict about one project."""
    said: Json = {"prediction": (float | None, Field(None, description=question.PREDICTION))}
    for column, kind in columns(question).items():
        said.setdefault(column, ((float if pa.types.is_floating(kind) else str) | None, None))
    words = "rows of the data, or of the case's own (the first is 1), that it comes from"
    said["why"] = (list[int] | None, Field(None, description=words))
    said["because"] = (str | None, None)
    if len(question.KEYS) > 1:
        item: Any = _model(_called(name, "Item"), **{question.KEYS[-1]: (Any, None)}, **said)
        said = {"list": (list[item], ...)}
    whose: Json = {
        own.key.name: (int | str | None, ...),
        "from": (Literal["published", "rows"], ...),
        "release": (str, ...),
    }
    entry: Any = _model(_called(name, "Entry"), **whose, **said)
    whole: Json = {
        "question": (Literal[name], ...),
        "rung": (str, ...),
        "release": (str, Field(description="the hash of what is in production")),
        "model": (str, Field(description="the hash of what the rung learnt")),
        "as_of": (str, ...),
        "answers": (list[entry | Error], ...),
    }
    return _model(_called(name, "Answer"), **whole)


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
            f"cases[{i}]", getattr(case, found.key.name), "rows" in case.model_fields_set, case.rows
        )
        for i, case in enumerate(asked.cases)
    ]


def known(found: Served, case: Json) -> Json:
    """A case named by its key. Raises Refused where nobody has that id, or a number is no answer."""
    key = found.key.name
    if found.lists:
        raise Refused(
            422,
            f"a number for {found.name}, which lists items for each {key}",
            "a person's answer is one number about one case",
            "answer a question that forecasts a number",
        )
    model = _model("Known", **{key: (_asked_for(found.key), ...)}, __base__=Told)
    id_ = getattr(read(model, case), key)
    first, last = found.published.find(id_) if found.published else (0, 0)
    if first == last:
        raise Refused(
            404,
            f"there is no {key} {id_!r}",
            "an answer is about somebody in the published predictions",
            "check the id",
        )
    return {key: id_}


def asks(models: Iterable[type[BaseModel]], examples: Json | None = None) -> Json:
    """What OpenAPI says of a body of one of these models."""
    refs = [{"$ref": REF.format(model=model.__name__)} for model in models]
    content = {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}, "examples": examples or {}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def schemas(models: Iterable[type[BaseModel]]) -> Json:
    """The models and whatever they hold, as OpenAPI's components."""
    wanted: Any = [(model, "validation") for model in models]
    found: Json = models_json_schema(wanted, ref_template=REF)[1]
    return found["$defs"]


def examples(one: Served) -> Json:
    """Requests to start from, made up: whoever may read this page needs no token."""
    id_ = 1 if pa.types.is_integer(one.key.type) else "an id"
    told: Json = {}
    if one.published:
        told["known"] = {one.key.name: id_}
    if one.alone:
        told["new"] = {"rows": [_made_up(one, row, nth) for nth, row in enumerate(one.example)]}
    return {
        f"{one.name}: somebody {who}": {"value": {"question": one.name, "cases": [case]}}
        for who, case in told.items()
    }


def _made_up(one: Served, row: Json, nth: int) -> Json:
    """A row like one of the data; of what really stands there only ids, which are of things."""
    day = (one.own.now - timedelta(days=7 * (nth + 1))).isoformat()
    said = {"day": day, "time": day, "amount": 10.0 * (nth + 1), "text": "a text"}
    return {name: said.get(one.own.spec.column(name).kind, value) for name, value in row.items()}


def _called(project: str, what: str) -> str:
    """The name of a project's model in OpenAPI."""
    return f"{re.sub('[^A-Za-z0-9]', '_', project)}-{what}"


def _asked_for(key: pa.Field) -> Any:
    """An id that somebody may have; a text where ids are numbers is nobody's, and told so later."""
    text = Annotated[str, Field(strict=True, max_length=1000), AfterValidator(_printable)]
    said = identifier(key.type)
    said = said | text if pa.types.is_integer(key.type) else said
    return Annotated[said, or_told(IN_WORDS["id"])]


def _printable(given: str) -> str:
    if not given.isprintable():
        raise ValueError
    return given


def _either(key: str) -> Any:
    def either(given: Any) -> Any:
        if isinstance(given, dict) and given.get(key) is None and not given.keys() - {key}:
            raise wrong(
                f"has neither `{key}` nor `rows`",
                f"somebody known is named by `{key}`; somebody new brings `rows` of their own",
                "add one of them",
            )
        return given

    return either


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _no_json(what: str) -> Refused:
    return Refused(
        400,
        f"the body is not JSON: {what}",
        "a body is JSON in UTF-8, as the examples of /docs",
        "correct it and send it again",
    )
