"""Pages as HTML: the app's own templates, and the report's, in one style; everything is escaped."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from stepladder.core.visible import straight
from stepladder.report import words
from stepladder.report.rendered import WORDS

HERE = Path(__file__).parent
ROOMS = ("pages", "report", "watch", "nightly")  # whose templates pages are made of
OTHERS = ("report/templates/style.css", "watch/templates/watch.css", "nightly/templates/runs.css")
SHEETS = (*(HERE.parent / path for path in OTHERS), HERE / "static" / "app.css")
KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


def rendered(template: str, /, **contents: Any) -> str:
    """A template filled in."""
    return straight(pages().get_template(f"{template}.html.j2").render(**contents))


@cache
def pages() -> Environment:
    """The templates, compiled once."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(f"stepladder.{room}") for room in ROOMS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {each: getattr(words, each) for each in WORDS}
    made.filters |= {"capitalize_first": lambda text: text[:1].upper() + text[1:]}
    made.globals |= {"asset": asset}
    return made


@cache
def static() -> dict[str, bytes]:
    """What every page needs beside itself, by the name that its content gives it."""
    scripts = sorted((HERE / "static").glob("*.js"))
    texts = {"css": SHEETS, "js": scripts}
    joined = {kind: b"\n".join(one.read_bytes() for one in files) for kind, files in texts.items()}
    return {
        f"{hashlib.sha256(text).hexdigest()[:16]}.{kind}": text for kind, text in joined.items()
    }


def asset(kind: str) -> str:
    """The address of the style sheet (css) or the script (js)."""
    return next(f"/static/{name}" for name in static() if name.endswith(f".{kind}"))
