"""The page that describes the service, with all that it needs: nothing is fetched from elsewhere."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response, StreamingResponse

# Swagger UI draws its signs as data: pictures; whatever leads elsewhere the browser refuses
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stepladder: the service</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"><p>This page needs scripts; <a href="openapi.json">the description</a> does not.</p></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
});
"""
KINDS = {
    "/docs": "text/html",
    "/docs/start.js": "text/javascript",
    "/docs/swagger-ui-bundle.js": "text/javascript",
    "/docs/swagger-ui.css": "text/css",
}
PIECE = 65_536


def add_to(api: FastAPI) -> None:
    """Serve the page and its parts; they need no token, as what they describe names nobody."""
    for path, kind in KINDS.items():
        api.add_route(path, functools.partial(_part, path, kind), include_in_schema=False)


async def _part(path: str, kind: str, _: object) -> Response:
    body = _body(path)
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Length": str(len(body)),
    }
    return StreamingResponse(_pieces(body), headers=headers, media_type=kind)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """One after the other as they are taken: who asks and does not read holds one, not all."""
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


@functools.cache
def _body(path: str) -> bytes:
    if path == "/docs":
        return PAGE.encode()
    if path == "/docs/start.js":
        return START.encode()
    found = importlib.util.find_spec("fastapi_offline")  # only its files: Swagger UI as released
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "static" / Path(path).name).read_bytes()
