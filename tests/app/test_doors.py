"""Every route × every role × no role, from the route table; and who is let in, by which host, from where."""

from __future__ import annotations

import re

import httpx
import pytest
from in_browser import Site

from stepladder.pages import house  # noqa: F401  all pages are in the table
from stepladder.pages.door import COOKIE
from stepladder.pages.routes import ROUTES, Route
from stepladder.record.entries import link, session
from stepladder.service import tokens
from stepladder.service.tokens import ROLES, hashed

HERE = {"sec-fetch-site": "same-origin"}


def at(route: Route) -> str:
    """An address of the route: with the shop's name, and nothing that is there in other places."""
    return re.sub(r"\{(\w+)(:\w+)?\}", "1", route.path.replace("{name}", "shop"))


def test_every_route_asks_for_its_role(site: Site) -> None:
    clients = {role: site.client(role, who=role) for role in ROLES} | {"": site.client()}
    for route in ROUTES:
        assert route.role or not route.of_project, f"{route.path} is open to everybody"
        assert route.method == "GET" or route.role != "read" or "leave" in route.path
        for role, client in clients.items():
            if route.path == "/leave":
                continue  # tried below
            said = client.request(
                route.method, at(route), data={} if route.method == "POST" else None
            )
            if not route.role:
                assert said.status_code not in (403, 500), (route, role)
            elif not role:
                assert said.status_code == 401, (route, role)
            elif route.of_project and role != route.role:
                assert said.status_code == 403, (route, role, said.status_code)
                assert f"needs the role {route.role}" in said.text
            else:
                assert said.status_code not in (401, 403, 500), (route, role, said.text)


def test_a_write_from_elsewhere_is_refused(site: Site) -> None:
    client = site.client(*ROLES)
    for route in ROUTES:
        if route.method == "POST":
            for headers in (
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "none"},
                {"sec-fetch-site": "same-site"},
                {"sec-fetch-site": "", "origin": "http://evil.example"},
                {"sec-fetch-site": ""},
            ):
                assert client.post(at(route), headers=headers).status_code == 403, (route, headers)


def test_hosts_that_are_not_ours_are_misdirected(site: Site) -> None:
    client = site.client("read")
    for host, status in {
        "evil.example": 421,
        "localhost": 200,
        "127.0.0.1:80": 200,
        "[::1]": 200,
    }.items():
        assert client.get("/", headers={"host": host}).status_code == status, host


def test_a_cookie_opens_no_path_of_the_api_and_a_token_no_page(site: Site) -> None:
    assert site.client(*ROLES).get("/models").status_code == 401
    token = tokens.new(site.project(), "a program", ROLES)
    site.shelf.keys.look("shop")
    said = httpx.get(f"{site.at}/q/shop", headers={"authorization": f"Bearer {token}"})
    assert said.status_code == 404  # the API has no such path


def test_people_come_in_by_token_or_link_once_and_go_out(site: Site) -> None:
    project = site.project()
    token = tokens.new(project, "Ann", ["read"])
    site.shelf.keys.look("shop")
    with site.client() as client:
        assert client.post("/enter", data={"token": "sl_wrong"}).status_code == 401
        said = client.post("/enter", data={"token": token})
        assert (said.status_code, said.headers["location"]) == (303, "/")
        cookie = said.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert client.get("/").status_code == 200
        assert client.post("/leave").status_code == 303
        client.cookies.set(COOKIE, said.cookies[COOKIE])
        assert client.get("/").status_code == 401
    secret = link(project.record, hashed(token))
    with site.client() as client:
        for _ in range(2):  # whoever previews it does not use it up
            assert secret in client.get("/enter", params={"link": secret}).text
        assert client.post("/enter", data={"link": secret}).status_code == 303
        assert client.post("/enter", data={"link": secret}).status_code == 401


def test_one_token_may_open_several_projects_and_no_other(site: Site) -> None:
    shop, empty = site.project(), site.project("empty")
    token = tokens.new(shop, "Cy", ["read"], also=[empty])
    for name in ("shop", "empty"):
        site.shelf.keys.look(name)
    for secret, names in {
        token: ("shop", "empty"),
        tokens.new(empty, "Di", ["read"]): ("empty",),
    }.items():
        site.shelf.keys.look("empty")
        with site.client() as client:
            client.post("/enter", data={"token": secret})
            for name in ("shop", "empty"):
                assert (f'href="/q/{name}"' in client.get("/").text) == (name in names)
                assert client.get(f"/q/{name}").status_code == (200 if name in names else 404)


def test_a_session_ends_with_its_token(site: Site) -> None:
    project = site.project()
    token = tokens.new(project, "Bo", ["read"])
    site.shelf.keys.look("shop")
    inside = session(project.record, hashed(token))
    with httpx.Client(base_url=site.at, cookies={COOKIE: inside}) as client:
        assert client.get("/q/shop").status_code == 200
        tokens.revoke(project, tokens.listed(project)[-1].id)
        site.shelf.keys.look("shop")
        assert client.get("/q/shop").status_code == 401


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/q/none", 404), ("/q/shop/none", 404)]
)
def test_what_is_not_there_says_what_to_do(site: Site, path: str, status: int) -> None:
    said = site.client("read").get(path)
    assert said.status_code == status
    assert "What to do:" in said.text
