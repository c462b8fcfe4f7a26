"""A page of HTML that needs nothing else: a room's template, in the report's style and words."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from stepladder.core.visible import straight
from stepladder.report import words

WORDS = ("number", "percent", "seconds", "day", "days")


def rendered(package: str, name: str, contents: dict[str, Any], style: Path | None = None) -> str:
    """The page as text; the same contents give the same bytes.

    package: whose templates/ holds NAME.html.j2. style: a sheet of its own after the report's; both are
    allowed by their hash, and nothing else is.
    """
    pages = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {each: getattr(words, each) for each in WORDS}
    sheets = [Path(__file__).parent / "templates" / "style.css", *([style] if style else [])]
    text = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    page = pages.get_template(f"{name}.html.j2")
    return straight(page.render(style=Markup(text), digest=digest, **contents))
