"""Stepladder itself as a wheel, made of what runs here; nothing needs to be built or fetched."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import zipfile
from pathlib import Path

import stepladder

MARK = "Wheel-Version: 1.0\nGenerator: stepladder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same code gives the same bytes


def write_wheel(installed: importlib.metadata.Distribution, folder: Path) -> Path:
    """Write the wheel of the running code into the folder; returns its path."""
    name = f"stepladder-{installed.version}"
    path = folder / f"{name}-py3-none-any.whl"
    files = {**_code(), **_about(installed, f"{name}.dist-info")}
    files[f"{name}.dist-info/RECORD"] = _record(files, f"{name}.dist-info/RECORD")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, body in files.items():
            entry = zipfile.ZipInfo(inside, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return path


def _code() -> dict[str, bytes]:
    root = Path(stepladder.__file__).parent
    paths = (p for p in sorted(root.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(root.parent).as_posix(): p.read_bytes() for p in paths}


def _about(installed: importlib.metadata.Distribution, home: str) -> dict[str, bytes]:
    """What the installed copy says of itself."""
    said = {"METADATA": installed.read_text("METADATA") or "", "WHEEL": MARK}
    said["entry_points.txt"] = installed.read_text("entry_points.txt") or ""
    return {f"{home}/{name}": text.encode() for name, text in said.items()}


def _record(files: dict[str, bytes], own: str) -> bytes:
    lines = [f"{name},sha256={_hash(body)},{len(body)}" for name, body in files.items()]
    return "\n".join([*lines, f"{own},,", ""]).encode()


def _hash(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
