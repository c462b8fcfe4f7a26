"""The service as OpenAPI describes it: schemas and examples made of the questions that are served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pyarrow as pa

from stepladder.core.predictions import columns
from stepladder.core.table import Column
from stepladder.service.own_rows import IN_WORDS, MOST
from stepladder.service.refused import ERROR, errors
from stepladder.service.served import Served

Json = dict[str, Any]
KINDS: dict[str, Json] = {
    "day": {"type": "string", "format": "date"},
    "time": {"type": "string"},
    "amount": {"type": ["number", "null"]},
    "text": {"type": ["string", "null"]},
}


def with_tokens(plain: Callable[[], Json]) -> Callable[[], Json]:
    """The description, which then says that paths are asked with a token: the page has a field for it."""

    def described() -> Json:
        schema = plain()
        schemes = {"token": {"type": "http", "scheme": "bearer"}}
        schema.setdefault("components", {})["securitySchemes"] = schemes
        schema["security"] = [{"token": []}]
        return schema

    return described


def predict(served: Iterable[Served]) -> Json:
    """The request and the answers of /predict."""
    there = sorted(served, key=lambda one: one.name)
    examples: Json = {}
    for one in there:
        examples |= _examples(one)
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [_request(one) for one in there]}
                    if len(there) > 1
                    else _request(there[0]),
                    "examples": examples,
                }
            },
        },
        "responses": {
            "200": {
                "description": "An answer for each case, in the order of the cases.",
                "content": {"application/json": {"schema": {"oneOf": [_answer(s) for s in there]}}},
            },
            **errors(400, 401, 404, 408, 413, 415, 422, 429, 503),
        },
    }


def answers(served: Iterable[Served]) -> Json:
    """The request of /answers."""
    keys = sorted({one.key.name for one in served if not one.lists})
    schema = {
        "type": "object",
        "required": ["case", "prediction"],
        "properties": {
            "question": {"type": "string"},
            "case": {
                "type": "object",
                "description": f"whom it is about: {' or '.join(keys) or '(lists take none)'}",
            },
            "prediction": {"type": "number"},
        },
    }
    return _noting(schema, "answer")


def decisions() -> Json:
    """The request of /decisions."""
    schema = {
        "type": "object",
        "required": ["rung", "because"],
        "properties": {
            "question": {"type": "string"},
            "rung": {"type": "string"},
            "because": {"type": "string"},
        },
    }
    return _noting(schema, "decision")


def _noting(schema: Json, what: str) -> Json:
    said = {"type": "object", "properties": {what: {"type": "integer"}}}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {
                "description": "Its number in the record.",
                "content": {"application/json": {"schema": said}},
            },
            **errors(400, 401, 403, 404, 413, 415, 422, 429),
        },
    }


def _examples(one: Served) -> Json:
    """Requests to start from, made up: whoever may read this page needs no token."""
    id_ = 1 if pa.types.is_integer(one.key.type) else "an id"
    found: Json = {}
    if one.published:
        found[f"{one.name}: somebody known"] = {"value": _asking(one, {one.key.name: id_})}
    if one.alone:
        rows = [_made_up(one, row, nth) for nth, row in enumerate(one.example)]
        found[f"{one.name}: somebody new"] = {"value": _asking(one, {"rows": rows})}
    return found


def _made_up(one: Served, row: Json, nth: int) -> Json:
    """A row like one of the data; of what really stands there only ids, which are of things."""
    days = (one.own.now - timedelta(days=7 * (nth + 1))).isoformat()
    said = {"day": days, "time": days, "amount": 10.0 * (nth + 1), "text": "a text"}
    kinds = {column.name: column.kind for column in one.own.columns}
    return {name: said.get(kinds[name], value) for name, value in row.items()}


def _asking(one: Served, case: Json) -> Json:
    return {"question": one.name, "cases": [case]}


def _request(one: Served) -> Json:
    rows = {
        "type": "object",
        "required": [column.name for column in one.own.columns if one.own.needed(column)],
        "additionalProperties": False,
        "properties": {c.name: _column(one, c) for c in one.own.columns},
    }
    case = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.key.name: {**_id(one.key), "description": f"the {one.key.name}'s id in the data"},
            "rows": {"type": "array", "minItems": 1, "maxItems": MOST, "items": rows},
        },
    }
    return {
        "type": "object",
        "required": ["cases"],
        "additionalProperties": False,
        "properties": {
            "question": {"const": one.name},
            "cases": {"type": "array", "minItems": 1, "items": case},
        },
    }


def _column(one: Served, column: Column) -> Json:
    known = _id(one.own.kinds.field(column.name)) if column.kind == "id" else KINDS[column.kind]
    return {**known, "description": f"{column.sentence}: {IN_WORDS[column.kind]}"}


def _answer(one: Served) -> Json:
    question = one.project.question
    said: Json = {"prediction": {"type": ["number", "null"], "description": question.PREDICTION}}
    for name, kind in columns(question).items():
        number = {"type": ["number", "null"] if pa.types.is_floating(kind) else ["string", "null"]}
        said.setdefault(name, number)
    said["why"] = {
        "type": ["array", "null"],
        "items": {"type": "integer"},
        "description": "rows of the data, or of the case's own (the first is 1), that it comes from",
    }
    said["because"] = {"type": ["string", "null"]}
    head: Json = {
        one.key.name: {"type": ["integer", "string", "null"]},
        "from": {"enum": ["published", "rows"]},
        "release": {"type": "string"},
    }
    entry: Json = {"type": "object", "properties": {**head, **said}}
    if one.lists:
        item = {"type": "object", "properties": {question.KEYS[-1]: {}, **said}}
        entry = {"type": "object", "properties": {**head, "list": {"type": "array", "items": item}}}
    return {
        "type": "object",
        "required": ["question", "rung", "release", "model", "as_of", "answers"],
        "properties": {
            "question": {"const": one.name},
            "rung": {"type": "string"},
            "release": {"type": "string", "description": "the hash of what is in production"},
            "model": {"type": "string", "description": "the hash of what the rung learnt"},
            "as_of": {"type": "string", "format": "date"},
            "answers": {
                "type": "array",
                "items": {"oneOf": [{**entry, "required": list(head)}, ERROR]},
            },
        },
    }


def _id(field: pa.Field) -> Json:
    return {"type": "integer" if pa.types.is_integer(field.type) else "string"}
