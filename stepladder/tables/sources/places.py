"""A folder here or a prefix on S3-compatible storage: what lies there, and what is said where nothing can."""

from __future__ import annotations

import configparser
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs

from stepladder.core.errors import Passing, Problem
from stepladder.tables.sources import folders as folders_read
from stepladder.tables.sources.address import without_password

S3 = re.compile(r"(?i)^(?:(delta|iceberg)\+)?s3[an]?://")
BY_ENVIRONMENT = (
    "of S3, credentials come from the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "AWS_PROFILE), another server than Amazon's from AWS_ENDPOINT_URL"
)
_SECONDS = {"connect_timeout": 5, "request_timeout": 30}
ENDINGS = (".parquet", ".parq", ".pq")
_ERRORS = (OSError, pa.ArrowException)


class Place(NamedTuple):
    """Where files lie: by which file system, under which path there, and its address as it may be shown."""

    files: Any
    path: str
    shown: str
    local: bool


class Entry(NamedTuple):
    """A file at a place: its path from there on, its size in bytes, when it was last written (ns)."""

    path: str
    size: int
    written: int


def local(path: Path) -> Place:
    """A folder of this machine, by its own name where a link leads to it."""
    return Place(pyarrow.fs.LocalFileSystem(), os.path.realpath(path), str(path), True)


def remote(url: str) -> Place:
    """A prefix or an object by its s3:// address. Raises Problem where a secret stands in it."""
    bucket, path = _parts(url)
    options = {"endpoint_override": endpoint(), "region": region()} if endpoint() else {}
    shown = f"s3://{bucket}/{path}"
    with said(shown):
        if not options and not region():
            options = {"region": pyarrow.fs.resolve_s3_region(bucket)}
        retry = pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=2)
        files = pyarrow.fs.S3FileSystem(**options, **_SECONDS, retry_strategy=retry)
    return Place(files, f"{bucket}/{path}".rstrip("/"), shown, False)


def _parts(url: str) -> tuple[str, str]:
    rest = S3.sub("", url)
    bucket, _, path = rest.partition("/")
    secret = "@" in bucket or ":" in bucket or "?" in rest
    if secret or not bucket:
        host = rest.partition("?")[0].rpartition("@")[2].partition("/")[0]
        raise Problem(
            "an address of S3 holds more than a bucket and a path"
            if secret
            else f"{url} names no bucket",
            f"s3://BUCKET/PATH; {BY_ENVIRONMENT}",
            "set these variables and write s3://"
            + (host if host and ":" not in host else "BUCKET")
            + "/…; a key that stood in an address should be changed",
        )
    return bucket, path


def endpoint() -> str:
    """The server that is asked where it is not Amazon's own; empty: it is."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def region() -> str:
    """The region that is asked for: of the environment, else of the profile in use."""
    said = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if said:
        return said
    profile = os.environ.get("AWS_PROFILE", "default")
    found = configparser.ConfigParser(interpolation=None)
    try:
        found.read(os.environ.get("AWS_CONFIG_FILE") or Path("~/.aws/config").expanduser())
    except (configparser.Error, OSError, UnicodeError):
        return ""
    section = profile if profile == "default" else f"profile {profile}"
    return found.get(section, "region", fallback="")


def is_object(place: Place) -> bool:
    """Whether one object lies at the address itself, and not several below it."""
    if place.shown.endswith("/"):
        return False
    with said(place.shown):
        return bool(place.files.get_file_info(place.path).is_file)


def listing(place: Place) -> list[Entry]:
    """Every file below a place, in the order of their paths. Raises Problem where it cannot be listed."""
    if place.local:
        return sorted(_below(Path(place.path)))
    with said(place.shown):
        below = pyarrow.fs.FileSelector(place.path, recursive=True)
        found = place.files.get_file_info(below)
    begin = len(place.path) + 1
    return sorted(
        Entry(one.path[begin:], one.size, one.mtime_ns or 0) for one in found if one.is_file
    )


def _below(folder: Path) -> Iterator[Entry]:
    """Links are not followed, and count as files: of a link's size nothing is known.

    It ends where there is more of what is no table than is read at once: the folder may be the machine.
    """
    others = 0
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{here}/{name}")]
        for name in (*names, *links):
            file = Path(here, name)
            others += not name.lower().endswith(ENDINGS) and not name.startswith((".", "_"))
            if others > folders_read.MOST_FILES:
                return
            try:
                at = file.lstat()
            except OSError:  # gone meanwhile
                continue
            plain = stat.S_ISREG(at.st_mode)
            yield Entry(
                file.relative_to(folder).as_posix(), at.st_size if plain else -1, at.st_mtime_ns
            )


@contextmanager
def said(shown: str) -> Iterator[None]:
    """What libraries say of a place, as a Problem that names what to set, and no secret."""
    try:
        yield
    except Problem:
        raise
    except _ERRORS as error:
        raise problem(shown, error) from None


def problem(shown: str, error: Exception) -> Problem:
    """An error of whatever reads a place, in words: who cannot be reached, who may not, what is not there."""
    text = _without_secrets(" ".join(str(error).split()))
    for words, make in _MEANT:
        if re.search(words, text, re.I):
            return make(shown)
    return Problem(
        f"{shown} cannot be read: {text[:300]}",
        "its files must be complete, and stay while they are read",
        "check that it is the right place, and that nobody writes there now",
    )


def _unreachable(shown: str) -> Problem:
    where = without_password(endpoint()) or "Amazon's S3"
    return Passing(
        f"{shown} cannot be reached: {where} does not answer",
        BY_ENVIRONMENT,
        "check AWS_ENDPOINT_URL and the network",
    )


def _refused(shown: str) -> Problem:
    there = "AWS_ACCESS_KEY_ID" in os.environ or "AWS_PROFILE" in os.environ
    return Problem(
        f"{shown} may not be read"
        + ("" if there else ", and the environment names no credentials"),
        f"whoever asks needs the right to list and read it; {BY_ENVIRONMENT}",
        "check them" if there else "set them, then run again",
    )


def _no_bucket(shown: str) -> Problem:
    return Problem(
        f"there is no bucket {urlsplit(shown).netloc!r} for {shown}",
        f"s3://BUCKET/PATH names one that is there; {BY_ENVIRONMENT}",
        "check its name, and that AWS_ENDPOINT_URL is the server that has it",
    )


def _nothing(shown: str) -> Problem:
    return Problem(
        f"{shown} holds no object with rows: there is nothing at that address",
        "s3://BUCKET/PATH is one object, or the folder of a table's files",
        "check the address, capitals too",
    )


_MEANT = (
    (r"NO_SUCH_BUCKET|NoSuchBucket|bucket does not exist", _no_bucket),
    (
        r"ACCESS_DENIED|AccessDenied|Forbidden|HTTP (status|response) code:? 40[13]|"
        r"InvalidAccessKeyId|INVALID_ACCESS_KEY_ID|INVALID_CLIENT_TOKEN_ID|SIGNATURE_DOES_NOT_MATCH|"
        r"SignatureDoesNotMatch|ExpiredToken|credential",
        _refused,
    ),
    (r"Path does not exist", _nothing),
    (r"NETWORK_CONNECTION|Could not (resolve|connect)|timed? ?out|REQUEST_TIMEOUT", _unreachable),
)


def _without_secrets(text: str) -> str:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"):
        if secret := os.environ.get(name):
            text = text.replace(secret, "…")
    return text
