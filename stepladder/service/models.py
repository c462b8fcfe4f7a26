"""What a request may say and an answer holds: pydantic models, one of each for every project."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, Field, create_model, model_validator
from pydantic.json_schema import models_json_schema

from stepladder.core.own import Brings
from stepladder.core.predictions import columns
from stepladder.core.question import Question
from stepladder.service.rows import (
    IN_WORDS,
    MOST,
    Told,
    identifier,
    or_told,
    row_model,
    several,
    wrong,
)

Json = dict[str, Any]
_model: Any = create_model  # its types know no fields but those written out
MOST_CASES = 1_000
REF = "#/components/schemas/{model}"
Said = Annotated[str, Field(strict=True, min_length=1, max_length=2_000, pattern=r"\S")]


class Answered(Told):
    """What a person expects of a case: a number, a word that the question knows, or a list, best first."""

    question: str | None = None
    case: Json = Field(description="whom it is about")
    prediction: Annotated[float, Field(strict=True, gt=-1e300, lt=1e300)] | str | None = Field(
        None, description="a number, or a word that the question knows"
    )
    items: list[Json] | None = Field(
        None,
        description="what is listed for them, best first; or steps, each with its `prediction`",
    )
    as_of: date | None = Field(
        None, description="the moment shown; by default that of the predictions"
    )
    trial: str = Field(
        "",
        min_length=1,
        max_length=200,
        pattern=r"\S",
        description="of which blind trial, with cases at random",
    )
    seconds: Annotated[float, Field(ge=0)] | None = Field(None, description="how long it took")


class Decided(Told):
    """Which rung a person decides on."""

    question: str | None = None
    rung: Said
    because: Said
    bakeoff: int | None = Field(None, description="the bake-off it rests on; a newer one gives 409")
    evidence: str = Field(
        "", max_length=64, description="the hash of what was looked at; if that has moved: 409"
    )
    review: date | None = Field(None, description="the day on which to look again")


class Noted(BaseModel):
    """Its number in the record."""

    answer: int | None = None
    decision: int | None = None


class Waited(BaseModel):
    """A case that a person is asked about, and where to ask what became of it."""

    id: int
    again: str = Field(description="ask here: 202 as long as somebody is asked, then 200")
    until: datetime = Field(description="then the fallback answers, marked so")


class Waits(BaseModel):
    """Answers of which some are waited for; their `from` is "waiting"."""

    question: str
    answers: list[Waited | Any]


class Became(BaseModel):
    """What became of a case that was waited for: its answer, "from" a "person" or the "fallback"."""

    question: str
    answer: Waited | Any


class Parts(BaseModel):
    """What was given, what is allowed, and what to do."""

    given: str
    allowed: str
    remedy: str


class Error(BaseModel):
    """A refusal."""

    error: Parts


def request_model(name: str, case_fields: list[pa.Field], own: Brings | None) -> type[BaseModel]:
    """The request of /predict about one project."""
    of: Json = {
        key.name: (
            _asked_for(key) | None,
            Field(None, description=f"the {key.name}'s id in the data"),
        )
        for key in case_fields
    }
    if own is not None:
        row: Any = row_model(own, _called(name, "Row"))
        most = MOST if own.question.OWN and own.question.OWN.many else 1
        rows = Annotated[list[row], Field(min_length=1, max_length=most), several("rows", most)]
        of["rows"] = (rows, Field(None, description="rows of one's own"))
    either = {"either": model_validator(mode="before")(_either([f.name for f in case_fields]))}
    case: Any = _model(_called(name, "Case"), **of, __base__=Told, __validators__=either)
    cases = Annotated[list[case], Field(min_length=1), several("cases", MOST_CASES)]
    about = "whether cases with rows are answered with reasons"
    asked: Json = {
        "question": (Literal[name], Field(name, description="not needed where there is one")),
        "cases": (cases, ...),
        "why": (bool, Field(False, description=about)),
    }
    return _model(_called(name, "Request"), **asked, __base__=Told)


def answer_model(name: str, question: Question) -> type[BaseModel]:
    """The answer of /predict about one project."""
    said: Json = {"prediction": (float | None, Field(None, description=question.PREDICTION))}
    for column, kind in columns(question).items():
        said.setdefault(column, ((float if pa.types.is_floating(kind) else str) | None, None))
    words = "rows of the data, or of the case's own (the first is 1), that it comes from"
    said["why"] = (list[int] | None, Field(None, description=words))
    said["because"] = (str | None, None)
    if further := [key for key in question.KEYS if key not in question.CASE]:
        item: Any = _model(_called(name, "Item"), **dict.fromkeys(further, (Any, None)), **said)
        why_empty = Field(None, description="why the list is empty, where it is")
        said = {"list": (list[item], ...), "because": (str | None, why_empty)}
    whose: Json = dict.fromkeys(question.CASE, (int | str | None, ...))
    whose |= {
        "from": (Literal["published", "rows", "person", "fallback"], ...),
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


def known_model(keys: Iterable[pa.Field]) -> type[Told]:
    """Somebody or something named by its keys, and nothing else."""
    found: type[Told] = _model(
        "Known", **{k.name: (_asked_for(k), ...) for k in keys}, __base__=Told
    )
    return found


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


def _called(project: str, what: str) -> str:
    """The name of a project's model in OpenAPI."""
    return f"{re.sub('[^A-Za-z0-9]', '_', project)}-{what}"


def _asked_for(key: pa.Field) -> Any:
    """An id that somebody may have; a text where ids are numbers is nobody's, and told so later."""
    if pa.types.is_temporal(key.type):
        return date if pa.types.is_date(key.type) else datetime
    text = Annotated[str, Field(strict=True, max_length=1000), AfterValidator(_printable)]
    said = identifier(key.type)
    said = said | text if pa.types.is_integer(key.type) else said
    return Annotated[said, or_told(IN_WORDS["id"])]


def _printable(given: str) -> str:
    if not given.isprintable():
        raise ValueError
    return given


def _either(case: list[str]) -> Any:
    def either(given: Any) -> Any:
        if not isinstance(given, dict) or given.keys() - {*case}:
            return given
        missing = [name for name in case if given.get(name) is None]
        if missing:
            said = " and ".join(f"`{name}`" for name in missing)
            raise wrong(
                f"has neither {said} nor `rows`",
                f"somebody known is named by {' and '.join(f'`{n}`' for n in case)}; somebody new "
                "brings `rows` of their own",
                "add one of them",
            )
        return given

    return either
