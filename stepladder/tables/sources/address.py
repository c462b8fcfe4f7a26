"""A source's address: whether it is one, and how it may be shown."""

from __future__ import annotations

import re

URL = re.compile(r"(?i)^([a-z][a-z0-9+.]*)://")
_NAMED = re.compile(
    r"(?i)^(\w+=)?[a-z][a-z0-9+.]*://"
)  # also as --from has it: items=postgresql://…
# A secret key of S3 may hold a slash; what follows a host's colon is a port, and digits.
_USER = re.compile(r"(://[^/?#@:]*):(?!\d+(?:[/?#]|$))[^?#]*@")
_SECRET = (
    r"[\w-]*(?:pass(?:word|wd)?|pwd|secret|token|credential|signature|access[-_]?key)[\w-]*|sig"
)


def without_password(source: str) -> str:
    """The source as it may be shown and stored: a URL without its password."""
    if not _NAMED.match(source):
        return source
    bare = _USER.sub(r"\1@", source)
    bare = re.sub(rf"(?i)([?&])(?:{_SECRET})=[^&#]*", r"\1", bare)
    return re.sub(r"[?&]+$", "", re.sub(r"([?&])&+", r"\1", bare))
