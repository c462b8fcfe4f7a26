"""What a request to predict asks for: read from JSON, each slip told with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.served import Served
from stepladder.service.values import identifier, shown, unknown


@dataclass(frozen=True)
class Case:
    """One case of a request: somebody known by an id, or rows of one's own, with an id to echo or none."""

    where: str
    id: int | str | None
    new: bool
    rows: Any = None


def parsed(body: bytes) -> Any:
    """A body as JSON. Raises Refused with the line and column of the slip."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _no_json(f"{error.msg}, line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise _no_json("it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]
        raise _no_json(what) from None


def fields(
    body: Any, needed: tuple[str, ...], allowed: tuple[str, ...], what: str
) -> dict[str, Any]:
    """An object with these fields and no others. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused(
            422, f"{what} is {shown(body)}", f"an object with: {', '.join(allowed)}", "write {…}"
        )
    for name in body:
        if name not in allowed:
            raise unknown(f"{what} has a field {shown(name)}", name, allowed)
    for name in needed:
        if name not in body:
            raise Refused(
                422, f"{what} has no `{name}`", f"an object with: {', '.join(allowed)}", "add it"
            )
    return body


def question(served: Mapping[str, Served], body: Mapping[str, Any]) -> Served:
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


def cases(found: Served, given: Any, limits: Limits) -> list[Case]:
    """The cases of a request, in their order. Raises Refused."""
    if not isinstance(given, list) or not given:
        raise Refused(
            422,
            f"cases is {shown(given)}",
            f"a list of 1 to {limits.cases:,} cases",
            f'write e.g. "cases": [{{"{found.key.name}": 1}}]',
        )
    if len(given) > limits.cases:
        raise Refused(
            413,
            f"{len(given):,} cases in one request",
            f"at most {limits.cases:,}",
            "send several requests; for everybody read the published file instead",
        )
    return [_case(found, f"cases[{i}]", case) for i, case in enumerate(given)]


def _case(found: Served, where: str, given: Any) -> Case:
    key = found.key.name
    case = fields(given, (), (key, "rows"), where)
    id_ = case.get(key)
    if id_ is None and "rows" not in case:
        raise Refused(
            422,
            f"{where} has neither `{key}` nor `rows`",
            f"somebody known is named by `{key}`; somebody new brings `rows` of their own",
            "add one of them",
        )
    return Case(where, _id(found, f"{where}.{key}", id_), "rows" in case, case.get("rows"))


def _id(found: Served, where: str, given: Any) -> int | str | None:
    try:
        return None if given is None else identifier(given, found.key.type)
    except ValueError:
        if isinstance(given, str) and given.isprintable():
            return given  # a text where ids are numbers: nobody has it
        raise Refused(
            422, f"{where} is {shown(given)}", "an id is a text or a whole number", "correct it"
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _no_json(what: str) -> Refused:
    return Refused(
        400,
        f"the body is not JSON: {what}",
        "a body is JSON in UTF-8, as the examples of /docs",
        "correct it and send it again",
    )


def known(found: Served, given: Any) -> dict[str, Any]:
    """A case named by its key. Raises Refused where nobody has that id, or a number is no answer."""
    key = found.key.name
    if found.lists:
        raise Refused(
            422,
            f"a number for {found.name}, which lists items for each {key}",
            "a person's answer is one number about one case",
            "answer a question that forecasts a number",
        )
    id_ = _id(found, f"case.{key}", fields(given, (key,), (key,), "case")[key])
    fits = int if pa.types.is_integer(found.key.type) else str
    first, last = found.published.find(id_) if found.published and isinstance(id_, fits) else (0, 0)
    if first == last:
        raise Refused(
            404,
            f"there is no {key} {id_!r}",
            "an answer is about somebody in the published predictions",
            "check the id",
        )
    return {key: id_}


def number(given: Any) -> float:
    """A prediction that a person makes. Raises Refused."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 1e300:
        raise Refused(422, f"prediction is {shown(given)}", "a finite number", "correct it")
    return float(given)


def text(body: Mapping[str, Any], name: str) -> str:
    """A text. Raises Refused."""
    given = body[name]
    if not isinstance(given, str) or not given.strip() or len(given) > 2_000:
        raise Refused(
            422, f"{name} is {shown(given)}", "a text of at most 2,000 letters", "correct it"
        )
    return given
