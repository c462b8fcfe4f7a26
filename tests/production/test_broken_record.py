"""What the service says of a record that is full, read-only, garbled or gone; and who may do what."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest
from service_shops import Service, copied, error, publish

import stepladder
from stepladder.core.errors import Problem
from stepladder.record import Token
from stepladder.service import tokens
from stepladder.service.gate import METHODS, OPEN, ROLE


@pytest.fixture(scope="module")
def home(template, tmp_path_factory) -> Path:
    """A folder with a shop that has published."""
    home = tmp_path_factory.mktemp("broken")
    publish(stepladder.Project.open(copied(template, "shop", home)))
    return home


def full(service: Service, record: Path) -> None:
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (6_000, resource.RLIM_INFINITY))


def read_only(service: Service, record: Path) -> None:
    with record.open("r+b") as file:  # its version of writing: one that nobody may write in
        file.seek(18)
        file.write(b"\x03")


def garbled(service: Service, record: Path) -> None:
    record.write_bytes(b"Dear Ann, " * 1000)


def cut_off(service: Service, record: Path) -> None:
    record.write_bytes(record.read_bytes()[:5000])


def emptied(service: Service, record: Path) -> None:
    record.write_bytes(b"")


def gone(service: Service, record: Path) -> None:
    record.unlink()


def test_a_broken_record_is_503_without_a_path_and_is_never_made_anew(home, tmp_path):
    folder = copied(home, "shop", tmp_path)
    opened = stepladder.Project.open(folder)
    good = tokens.new(opened, "all", "read,review,decide,admin")
    record = folder / "stepladder.db"
    body = {"case": {"customer": 1}, "prediction": 2.5}
    whole = record.read_bytes()
    service = Service(folder).ready()
    try:
        for broken in (full, read_only, garbled, cut_off, emptied, gone):
            broken(service, record)
            for path, said in (
                ("/answers", body),
                ("/decisions", {"rung": "r3_bg_nbd", "because": "x"}),
            ):
                answer = service.send("POST", path, good, json=said)
                if (broken, path) == (full, "/decisions") and answer.status_code == 422:
                    continue  # there is no bake-off to decide on, which needs no room
                if (broken, path) == (read_only, "/decisions") and answer.status_code == 422:
                    continue
                told = error(answer, 503)
                assert str(tmp_path) not in told, broken
                assert "stepladder.db" not in told, broken
            assert service.send("GET", "/healthz").status_code == 200
            if broken is gone:
                assert not record.exists()
            limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, limits)
            for left in folder.glob("stepladder.db-*"):
                left.unlink()
            record.write_bytes(whole)
            time.sleep(1.2)
            assert "answer" in service.send("POST", "/answers", good, json=body).json(), broken
            whole = record.read_bytes()
        assert str(record) in service.log.read_text()  # whoever keeps it learns where
    finally:
        service.stop()


def test_every_path_names_a_role_and_what_names_none_is_closed(home):
    from stepladder.service.app import app
    from stepladder.service.limits import Limits
    from stepladder.service.shelf import Shelf

    api = app(Shelf.of(home / "shop"), Limits())
    there = {route.path for route in api.routes if not route.path.startswith("/docs/")}
    assert there <= OPEN | ROLE.keys()
    assert METHODS.keys() == OPEN | ROLE.keys()
    assert set(ROLE.values()) <= tokens.ROLES.keys()
    everything = Token("x", ",".join(tokens.ROLES), "0")
    assert not tokens.may(everything, "")
    assert not tokens.may(everything, "root")


def test_roles_are_a_set_and_nobody_gives_what_they_lack(home, tmp_path):
    project = stepladder.Project.open(copied(home, "shop", tmp_path))

    def made_by(*granting: str, roles: str) -> Token:
        secret = tokens.new(project, "new", roles, granting=Token("who", ",".join(granting), "0"))
        return tokens.by_hash(project)[tokens.hashed(secret)]

    for has in tokens.ROLES:
        for needed in tokens.ROLES:
            assert tokens.may(Token("x", has, "0"), needed) == (has == needed)
    assert made_by("admin", "read", roles="read,admin").roles == "read,admin"
    before = len(tokens.listed(project))
    for granting, roles in (
        (("read",), "read"),
        (("admin",), "read"),
        (("admin", "read"), "review"),
        (("admin", "decide"), "decide"),
        (tuple(tokens.ROLES), "read,decide"),
        (("admin", "read"), ""),
        (("admin", "read"), "root"),
    ):
        with pytest.raises(Problem):
            made_by(*granting, roles=roles)
    over = Token("who", "admin,read", "0", expires="2020-01-01T00:00:00+00:00")
    with pytest.raises(Problem):
        tokens.new(project, "new", "read", granting=over)
    assert len(tokens.listed(project)) == before
    assert tokens.new(project, "Mia", ["decide", "read"])  # on the command line
