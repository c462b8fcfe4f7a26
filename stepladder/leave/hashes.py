"""The hashes of the archives that a lock names, so that nobody can put others in their place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache

MARK = "--hash=sha256:"
PATIENCE_S = 300
NONE = (
    "# versions without hashes of their archives: {why}.\n"
    "# To have them, make this folder again on Linux, where pip reaches its index: "
    "stepladder ship --bundle DIR"
)
OF = (
    "# hashes of the archives for {platform}, Python {python}: pip install --require-hashes -r FILE"
)


def with_hashes(pinned: Sequence[str]) -> str:
    """The lock's text: every `name==version` with the hash of its archive, or none and why not.

    What is installed does not know which archive it came from; pip asks the index it is set up for.
    """
    if not sys.platform.startswith("linux"):  # the container is one, and needs its archives
        return "\n".join([NONE.format(why="they differ between systems"), *pinned]) + "\n"
    found = _asked(tuple(pinned))
    missing = [line for line in pinned if line not in found]
    if missing:
        why = f"pip's index could not be asked about {missing[0]}"
        return "\n".join([NONE.format(why=why), *pinned]) + "\n"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    head = OF.format(platform=sysconfig.get_platform(), python=python)
    return "\n".join([head, *(f"{line} {MARK}{found[line]}" for line in pinned)]) + "\n"


@cache
def _asked(pinned: tuple[str, ...]) -> dict[str, str]:
    """What pip would install for each line, by the hash of its archive; empty where it cannot tell."""
    pip = [
        sys.executable,
        "-P",  # nothing that lies here is taken for pip
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "--retries",
        "1",
    ]
    asking = ["install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-"]
    try:
        ran = subprocess.run(
            [*pip, *asking, *pinned], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        said = json.loads(ran.stdout)["install"]
    except (OSError, ValueError, KeyError, subprocess.SubprocessError):
        return {}
    return dict(filter(None, map(_line, said)))


def _line(one: dict[str, dict[str, dict[str, dict[str, str]]]]) -> tuple[str, str] | None:
    about, archive = one["metadata"], one["download_info"].get("archive_info", {})
    digest = archive.get("hashes", {}).get("sha256")
    name = re.sub(r"[-_.]+", "-", str(about["name"])).lower()
    return (f"{name}=={about['version']}", digest) if digest else None
