"""A page that lies in the project as a file: shown as it is, under a policy of its own."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from starlette.responses import HTMLResponse, Response


def as_it_lies(text: str) -> Response:
    """The page with its own style sheet, and no script whatever it says."""
    policy = (
        f"default-src 'none'; style-src {_style(text)}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"content-security-policy": policy})


def _style(text: str) -> str:
    """The hash by which a page's own style sheet is allowed, and nothing else."""
    found = re.search(r"<style>(.*?)</style>", text, re.S)
    digest = sha256((found[1] if found else "").encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"
