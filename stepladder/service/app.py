"""The service's paths."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, Union

from fastapi import FastAPI, Request, Response

import stepladder
from stepladder.project.decide import decide
from stepladder.project.folder import Project
from stepladder.record import Token
from stepladder.service import body, by_person, docs, models
from stepladder.service.answers import Queue, answer, encoded
from stepladder.service.gate import Gate
from stepladder.service.limits import Limits
from stepladder.service.refused import MEANING, still_looking
from stepladder.service.served import Served
from stepladder.service.shelf import Shelf
from stepladder.service.writes import Writes

T = TypeVar("T")
ABOUT = (
    "Predictions by the released models: of somebody known, from the last nightly run; of somebody new, "
    "from rows of their own. Every path but /healthz, /readyz, /docs and /openapi.json needs the header "
    "`Authorization: Bearer sl_…`."
)


def app(shelf: Shelf, limits: Limits) -> FastAPI:
    """The application that serves what is on the shelf."""
    newcomers = Queue(limits)
    writes, aside = Writes(limits), ThreadPoolExecutor(1, "aside")  # where what is new is taken up

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        watching = [asyncio.create_task(each) for each in (shelf.keys.watch(), shelf.watch(aside))]
        yield
        for each in watching:
            each.cancel()
        newcomers.close()
        writes.close()
        aside.shutdown(wait=False)

    api = FastAPI(
        title="stepladder", version=stepladder.__version__, description=ABOUT, lifespan=running,
        docs_url=None, redoc_url=None, default_response_class=Response,
    )  # fmt: skip
    _predictions(api, shelf, limits, newcomers, writes)
    _people(api, shelf, writes)
    _administered(api, shelf, aside, limits)
    _health(api, shelf, limits)
    docs.add_to(api)
    _described(api, shelf.served.values())
    api.add_middleware(Gate, shelf=shelf, limits=limits)
    return api


def _predictions(api: FastAPI, shelf: Shelf, limits: Limits, queue: Queue, writes: Writes) -> None:
    there = sorted(shelf.served.values(), key=lambda one: one.name)
    examples = {name: said for one in there for name, said in body.examples(one).items()}
    answers: Any = Union[tuple(one.answer for one in there)] if there else Any  # noqa: UP007

    @api.post(
        "/predict",
        summary="Predict for one case or many",
        openapi_extra=models.asks([one.request for one in there], examples),
        responses={
            200: {
                "model": answers if there else None,
                "description": "An answer for each case, in their order.",
            },
            202: {
                "model": models.Waits,
                "description": "A person is the rung, and is asked: each case says where to ask again.",
            },
            **_errors(400, 401, 404, 408, 413, 415, 422, 429, 503),
        },
    )
    async def predict(request: Request) -> Response:
        said = await body.parsed(request)
        found = body.question(_open(request, shelf), said)
        asked: Any = body.read(found.request, {**said, "question": found.name}, limits)
        cases = body.cases(found, asked)
        told = await answer(found, cases, queue, asked.why)
        if not by_person.asks_a_person(found):
            return _said(told)
        by = _token(request, found).name

        def work() -> tuple[dict[str, Any], bool]:
            return by_person.queued(found, cases, told, by, limits.person_s)

        told, waited = await writes.done(work)
        return _said(told, 202 if waited else 200)

    @api.get(
        by_person.AGAIN,
        summary="What became of a case that a person was asked about",
        responses={
            200: {"model": models.Became, "description": "The person's answer, or the fallback's."},
            202: {"model": models.Became, "description": "Somebody is still asked."},
            **_errors(401, 404, 429, 503),
        },
    )
    async def waiting(request: Request) -> Response:
        query = request.query_params
        found = body.question(_open(request, shelf), {"question": query.get("question")})
        work = partial(by_person.asked_again, found, query.get("id", ""))
        told, waited = await asyncio.to_thread(work)
        return _said(told, 202 if waited else 200)

    @api.get("/models", summary="What is in production, who decided, and why")
    async def in_production(request: Request) -> Response:
        return _said({"models": [one.about() for one in _open(request, shelf).values()]})


def _people(api: FastAPI, shelf: Shelf, writes: Writes) -> None:
    async def noted(token: Token, name: str, work: Callable[[], T]) -> T:
        def allowed() -> T:
            shelf.keys.still(
                token, name, writes.limits.writes_s
            )  # it may have been revoked while this waited
            return work()

        return await writes.done(allowed)

    responses: Any = {
        200: {"model": models.Noted},
        **_errors(400, 401, 403, 404, 413, 415, 422, 429, 503),
    }

    @api.post(
        "/answers",
        summary="Say what you expect of a case (role: review)",
        openapi_extra=models.asks([models.Answered]),
        responses=responses,
    )
    async def answers(request: Request) -> Response:
        said = body.read(models.Answered, await body.parsed(request))
        found = body.question(_open(request, shelf), said.model_dump())
        told, token = body.answered(found, said), _token(request, found)
        record, name = found.project.record, found.project.ask.question
        as_of = str(said.as_of or found.now)

        def work() -> int:
            body.not_forgotten(found, told[0][0])
            return record.answer(
                name, told, by=token.name, as_of=as_of, trial=said.trial, seconds=said.seconds
            )

        return _said({"answer": await noted(token, found.name, work)})

    @api.post(
        "/decisions",
        summary="Decide on a rung (role: decide)",
        openapi_extra=models.asks([models.Decided]),
        responses={**responses, **_errors(409)},
    )
    async def decisions(request: Request) -> Response:
        said = body.read(models.Decided, await body.parsed(request))
        found = body.question(_open(request, shelf), said.model_dump())
        token = _token(request, found)

        def work() -> int:
            project = Project.open(found.project.folder)  # whatever was loaded to serve
            return decide(
                project, said.rung, by=token.name, because=said.because, review=said.review,
                bakeoff=said.bakeoff, evidence=said.evidence,
            )  # fmt: skip

        return _said({"decision": await noted(token, found.name, work)})


def _administered(api: FastAPI, shelf: Shelf, aside: ThreadPoolExecutor, limits: Limits) -> None:
    looking: list[asyncio.Future[None]] = []

    @api.post("/reload", summary="Look for something new at once (role: admin)")
    async def reload(request: Request) -> Response:
        if not looking or looking[0].done():  # else one looks already
            looking[:] = [asyncio.get_running_loop().run_in_executor(aside, shelf.look, True)]
        try:
            await asyncio.wait_for(asyncio.shield(looking[0]), limits.answer_s)
        except TimeoutError:
            raise still_looking(limits.answer_s) from None
        return _said({"degraded": sorted(shelf.degraded.keys() & _open(request, shelf).keys())})


def _health(api: FastAPI, shelf: Shelf, limits: Limits) -> None:
    @api.get("/healthz", summary="Whether the process is alive")
    async def healthz() -> Response:
        return _said({"alive": True})

    @api.get("/readyz", summary="Whether it serves, and whether it serves the newest")
    async def readyz() -> Response:
        states = {name: _state(shelf, one, limits) for name, one in shelf.served.items()}
        old = any(shelf.keys.age(name) > limits.reads_s for name in states)
        ready = (
            not old
            and bool(states)
            and all(state != "nothing published" for state in states.values())
        )
        return _said({"ready": ready, "questions": states}, 200 if ready else 503)

    @api.get("/metrics", summary="Counts for Prometheus")
    async def metrics(request: Request) -> Response:
        text = shelf.metrics.text(_open(request, shelf).values(), shelf.degraded)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _described(api: FastAPI, served: Iterable[Served]) -> None:
    """Say what FastAPI cannot know: the bodies, one of several models, and that tokens are needed."""
    plain = api.openapi
    # not in the function, which would hold what was served at the start for ever
    bodies: list[Any] = [*(one.request for one in served), models.Answered, models.Decided]

    def openapi() -> dict[str, Any]:
        schema = plain()
        parts = schema.setdefault("components", {})
        parts["schemas"] = {**parts.get("schemas", {}), **models.schemas(bodies)}
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        return schema

    api.openapi = openapi  # type: ignore[method-assign]


def _errors(*statuses: int) -> dict[int | str, Any]:
    """What may be refused, each in three parts."""
    return {status: {"model": models.Error, "description": MEANING[status]} for status in statuses}


def _state(shelf: Shelf, one: Served, limits: Limits) -> str:
    if shelf.keys.age(one.name) > limits.writes_s:
        return "the record cannot be read: nothing is written, and soon nothing answered"
    if one.name in shelf.degraded:
        return "degraded: the newest is not served, see the log"
    return "ready" if one.published else "nothing published"


def _open(request: Request, shelf: Shelf) -> Mapping[str, Served]:
    """The projects that the request's token opens."""
    served = shelf.served
    return {name: served[name] for name in request.scope["tokens"] if name in served}


def _token(request: Request, found: Served) -> Token:
    token: Token = request.scope["tokens"][found.name]
    return token


def _said(said: Mapping[str, Any], status: int = 200) -> Response:
    return Response(encoded(said), status, media_type="application/json")
