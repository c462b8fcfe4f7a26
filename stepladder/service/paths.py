"""The paths of the service: how each is asked, and which role it takes."""

from __future__ import annotations

OPEN = {"/healthz", "/readyz", "/docs", "/openapi.json"}
ROLE = {"/decisions": "decide", "/answers": "review", "/reload": "admin"}  # else: read
METHODS = {
    "/healthz": "GET", "/readyz": "GET", "/docs": "GET", "/openapi.json": "GET", "/models": "GET",
    "/metrics": "GET", "/predict": "POST", "/answers": "POST", "/decisions": "POST", "/reload": "POST",
}  # fmt: skip
