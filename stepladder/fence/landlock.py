"""The operating system's own fence, where it has one: Linux Landlock, by its three system calls.

Unlike a hook in Python it also holds for libraries in C. A fence can only become narrower, and
threads and programs that are started inside it stay inside. Source: linux/landlock.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

CREATE, ADD_RULE, RESTRICT = 444, 445, 446
NO_NEW_PRIVS = 38
EXECUTE, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FOLDER, REMOVE, MAKE_FOLDER, MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
EVERYTHING = 0x1FFF  # with what makes devices, sockets, pipes and links, which nobody may
REFER, TRUNCATE, DEVICE = 1 << 13, 1 << 14, 1 << 15
OF_A_FILE = EXECUTE | WRITE | READ | TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scope", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Which Landlock this machine has; 0 where it has none (older Linux, macOS)."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(int(_libc().syscall(CREATE, None, ctypes.c_size_t(0), 1)), 0)


def fence(readable: Iterable[Path], writable: Iterable[Path], listed: Iterable[Path]) -> bool:
    """Close every file and network address to this thread but the paths given, and all below them.

    Returns whether the machine could do it. Raises OSError if it has Landlock and refuses.
    """
    known = version()
    if not known:
        return False
    later = REFER * (known >= 2) | TRUNCATE * (known >= 3)
    network, scope = 3 * (known >= 4), 3 * (known >= 6)
    rules = _Ruleset(EVERYTHING | later | DEVICE * (known >= 5), network, scope)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = _call(CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    write = READ | WRITE | LIST | REMOVE_FOLDER | REMOVE | MAKE_FOLDER | MAKE_FILE | later
    whole = set(readable)
    for path in whole:
        _allow(ruleset, path, READ | EXECUTE | LIST)
    for path in set(listed) - whole:
        if whole.isdisjoint(path.parents):
            _allow(ruleset, path, LIST)
    for path in writable:
        _allow(ruleset, path, write)
    _libc().prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(RESTRICT, ruleset, 0)
    os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, access: int) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(handle).st_mode):
                access &= OF_A_FILE
            rule = _Beneath(access, handle)
            if access:
                _call(ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
        finally:
            os.close(handle)


def _call(number: int, *arguments: object) -> int:
    found = int(_libc().syscall(number, *arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), f"Landlock, system call {number}")
    return found


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
