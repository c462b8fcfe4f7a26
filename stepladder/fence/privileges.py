"""A superuser's privileges, given up: a rung that runs as root may do what any user may, and no more.

The user stays the same, for the rung reads and writes that user's files. Source: linux/capability.h.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path

VERSION = 0x20080522  # capability.h: two words of 32 for each set
DROP_BOUND, AMBIENT, CLEAR_AMBIENT = 24, 47, 4
HIGHEST = 63
ANY_FILE = 1 << 1  # CAP_DAC_OVERRIDE


def needed(places: Collection[Path]) -> bool:
    """Whether some of these can be read with privileges only: root works in the folder of somebody else."""
    permitted, effective = _held()
    if not effective:
        return False
    readable = {path for path in places if _readable(path)}
    _hold(permitted, 0)
    try:
        return not all(map(_readable, readable))
    finally:
        _hold(permitted, effective)


def give_up(but_any_file: bool) -> None:
    """Give up every privilege for good, but for the one that opens any file where that is needed.

    What may be opened is Landlock's to say also then.
    """
    if not sys.platform.startswith("linux"):
        return
    for privilege in range(HIGHEST + 1):
        _libc().prctl(DROP_BOUND, privilege, 0, 0, 0)
    _libc().prctl(AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    left = ANY_FILE & _held()[0] if but_any_file else 0
    _hold(left, left)


def _readable(path: Path) -> bool:
    return os.access(path, os.R_OK, effective_ids=True)


def _held() -> tuple[int, int]:
    """What one may take up, and what one has taken up; of the first 32, where those about files are."""
    words = (ctypes.c_uint32 * 6)()
    if sys.platform.startswith("linux"):
        _libc().capget((ctypes.c_uint32 * 2)(VERSION, 0), words)
    return words[1], words[0]


def _hold(permitted: int, effective: int) -> None:
    words = (ctypes.c_uint32 * 6)(effective, permitted, 0, 0, 0, 0)
    _libc().capset((ctypes.c_uint32 * 2)(VERSION, 0), words)


@cache  # to open it takes two milliseconds, and every job gives up some seventy privileges
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
