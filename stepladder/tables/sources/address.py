"""A source's address: whether it is one, and how it may be shown."""

from __future__ import annotations

import re

URL = re.compile(r"(?i)^([a-z][a-z0-9+.]*)://")


def without_password(source: str) -> str:
    """The source as it may be shown and stored: a URL without its password."""
    if not URL.match(source):
        return source
    bare = re.sub(r"(://[^/?#@:]*):[^/?#]*@", r"\1@", source)
    bare = re.sub(r"(?i)([?&])(?:password|pass|pwd)=[^&#]*", r"\1", bare)
    return re.sub(r"[?&]+$", "", re.sub(r"([?&])&+", r"\1", bare))
