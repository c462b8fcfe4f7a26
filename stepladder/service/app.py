"""The service's paths."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

import stepladder
from stepladder.project.decide import decide
from stepladder.record import Token
from stepladder.service import described, requests
from stepladder.service.answers import Queue, answer, encoded
from stepladder.service.gate import Gate
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.served import Served
from stepladder.service.shelf import Shelf

ABOUT = (
    "Predictions by the released models: of somebody known, from the last nightly run; of somebody new, "
    "from rows of their own. Every path but /healthz, /readyz, /docs and /openapi.json needs the header "
    "`Authorization: Bearer sl_…`."
)


def app(shelf: Shelf, limits: Limits) -> FastAPI:
    """The application that serves what is on the shelf."""
    newcomers = Queue(limits)
    aside = ThreadPoolExecutor(1, "aside")  # the record, and what is taken up anew

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(shelf.watch(aside))
        yield
        watching.cancel()
        newcomers.close()
        aside.shutdown(wait=False)

    api = FastAPI(
        title="stepladder", version=stepladder.__version__, description=ABOUT, lifespan=running,
        redoc_url=None,
    )  # fmt: skip
    _predictions(api, shelf, limits, newcomers)
    _people(api, shelf, aside)
    _health(api, shelf)
    api.openapi = described.with_tokens(api.openapi)  # type: ignore[method-assign]
    api.add_middleware(Gate, shelf=shelf, limits=limits)
    return api


def _predictions(api: FastAPI, shelf: Shelf, limits: Limits, queue: Queue) -> None:
    @api.post(
        "/predict",
        summary="Predict for one case or many",
        openapi_extra=described.predict(shelf.served.values()),
        response_class=Response,
    )
    async def predict(request: Request) -> Response:
        body = requests.fields(await _json(request), ("cases",), ("question", "cases"), "the body")
        found = requests.question(_open(request, shelf), body)
        cases = requests.cases(found, body["cases"], limits)
        return _said(await answer(found, cases, queue))

    @api.get(
        "/models", summary="What is in production, who decided, and why", response_class=Response
    )
    async def models(request: Request) -> Response:
        return _said({"models": [one.about() for one in _open(request, shelf).values()]})


def _people(api: FastAPI, shelf: Shelf, aside: ThreadPoolExecutor) -> None:
    async def noted(work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(aside, work)

    @api.post(
        "/answers",
        summary="Say what you expect of a case (role: review)",
        openapi_extra=described.answers(shelf.served.values()),
        response_class=Response,
    )
    async def answers(request: Request) -> Response:
        needed = ("case", "prediction")
        body = requests.fields(await _json(request), needed, ("question", *needed), "the body")
        found = requests.question(_open(request, shelf), body)
        key, value = requests.known(found, body["case"]), requests.number(body["prediction"])
        who = _token(request, found).name
        record, question = found.project.record, found.project.ask.question
        return _said(
            {"answer": await noted(lambda: record.answer(question, [(key, value)], by=who))}
        )

    @api.post(
        "/decisions",
        summary="Decide on a rung (role: decide)",
        openapi_extra=described.decisions(),
        response_class=Response,
    )
    async def decisions(request: Request) -> Response:
        needed = ("rung", "because")
        body = requests.fields(await _json(request), needed, ("question", *needed), "the body")
        found = requests.question(_open(request, shelf), body)
        rung, because = (requests.text(body, name) for name in needed)
        who = _token(request, found).name
        number = await noted(lambda: decide(found.project, rung, by=who, because=because))
        return _said({"decision": number})

    @api.post(
        "/reload", summary="Look for something new at once (role: admin)", response_class=Response
    )
    async def reload(request: Request) -> Response:
        await noted(lambda: shelf.look(again=True))
        return _said({"degraded": sorted(shelf.degraded.keys() & _open(request, shelf).keys())})


def _health(api: FastAPI, shelf: Shelf) -> None:
    @api.get("/healthz", summary="Whether the process is alive", response_class=Response)
    async def healthz() -> Response:
        return _said({"alive": True})

    @api.get("/readyz", summary="Whether it serves, and whether it serves the newest")
    async def readyz() -> Response:
        states = {name: _state(shelf, one) for name, one in shelf.served.items()}
        ready = all(state != "nothing published" for state in states.values())
        return _said({"ready": ready, "questions": states}, 200 if ready else 503)

    @api.get("/metrics", summary="Counts for Prometheus", response_class=Response)
    async def metrics(request: Request) -> Response:
        text = shelf.metrics.text(_open(request, shelf).values(), shelf.degraded)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _state(shelf: Shelf, one: Served) -> str:
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


async def _json(request: Request) -> Any:
    said = request.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != "application/json":
        raise Refused(
            415,
            f"a body said to be {said[:80] or 'nothing in particular'}",
            "a body is JSON",
            "send it with the header Content-Type: application/json",
        )
    return requests.parsed(await request.body())


def _said(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(encoded(body), status, media_type="application/json")
