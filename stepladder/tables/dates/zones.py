"""Time zones as they are written behind a clock: how many minutes they are before or behind Greenwich."""

from __future__ import annotations

import re

# By quarters of an hour east of Greenwich; where a name is used twice, as in software made there.
_NAMED = {
    0: "z tu utc gmt ut wet",
    4: "cet mez met bst west wat",
    8: "cest mesz eet sast cat",
    12: "eest msk eat trt",
    16: "gst",
    20: "pkt",
    22: "ist",
    28: "wib ict",
    32: "hkt sgt awst wita pht",
    36: "jst kst wit",
    38: "acst",
    40: "aest",
    42: "acdt",
    44: "aedt",
    48: "nzst",
    52: "nzdt",
    -12: "brt art adt",
    -16: "clt ast edt",
    -20: "est cdt",
    -24: "cst mdt",
    -28: "mst pdt",
    -32: "pst akdt",
    -36: "akst",
    -40: "hst",
}
NAMED = {name: 15 * size for size, names in _NAMED.items() for name in names.split()}

_SHIFT = r"(?:utc|gmt|ut)?\s?[+\-−]\s?\d{1,2}(?::?\d{2}){0,2}"
_ONE = (
    _SHIFT + r"|utc|gmt|ut|z|msk|msd|wib|wita|mez|mesz|[a-z]{1,4}t"
    r"|[a-z_]+(?:/[a-z_]+[a-z0-9_+-]*)+|(?:[a-z]+\s){1,3}time|\([^)]*\)|\[[^\]]*\]"
    r"|m=[+-][\d.]+|uhr|ч\.|tu|hrs?|h|o'clock"
)
ZONE = rf"(?:\s?(?:{_ONE}))*"  # in folded text; whatever stands behind a clock and is none of it
_NUMBER = re.compile(r"[+\-−]\s?(\d{1,2}):?(\d{2})?")


def minutes(text: str) -> int | None:
    """How far a zone is east of Greenwich, as far as its text says; None where it says nothing."""
    number = _NUMBER.search(text.partition("m=")[0].partition("/")[0])
    if number:
        size = int(number[1]) * 60 + int(number[2] or 0)
        return size if number[0][0] == "+" else -size
    words = [word for word in re.findall(r"[a-z]+(?:/[a-z_]+)*", text) if word != "uhr"]
    known = [NAMED[word] for word in words if word in NAMED]
    return known[0] if known else _of_region(words[0]) if words and "/" in words[0] else None


def _of_region(region: str) -> int | None:
    """The offset of Europe/Berlin and its like in winter, where the system knows them."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        offset = datetime(2024, 1, 1, tzinfo=ZoneInfo(region.title())).utcoffset()
    except (KeyError, ValueError, OSError):
        return None
    return None if offset is None else int(offset.total_seconds() // 60)


def written(text: str) -> str:
    """A zone as every reader of dates knows it: +01:00; nothing where it says nothing."""
    size = minutes(text)
    return (
        ""
        if size is None
        else f"{'+' if size >= 0 else '-'}{abs(size) // 60:02d}:{abs(size) % 60:02d}"
    )
