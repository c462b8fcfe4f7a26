"""Every page in a real browser: everybody can read it, it fits a phone, and nobody else is asked."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from in_browser import Site

from stepladder.pages import house  # noqa: F401  all pages are in the table
from stepladder.pages.routes import found

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js")
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 150)).join(' | '))"""
WIDER = "document.documentElement.scrollWidth"
MODES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
ALONE = ("/report",)  # a page that is not of the app, and is looked at in tests/report
FIRST_BYTES = 150_000


def linked(site: Site, client: Any) -> list[str]:
    """One address of each page of each project, as far as links lead from the first page."""
    seen: dict[object, str] = {("/",): "/"}
    queue = ["/"]
    while queue:
        said = client.get(queue.pop())
        assert said.status_code == 200, said.url
        for address in re.findall(r'href="(/[^"#]*)', said.text):
            path = address.partition("?")[0]
            if path.startswith(("/static", "/enter")) or path.endswith(ALONE):
                continue
            assert found(path), f"{said.url} leads to {address}, which is no page"
            route, places = next((r, p) for r, p in found(path) if r.method == "GET")
            key = route.path, places.get("name")
            if key not in seen:
                seen[key] = address.replace("&amp;", "&")
                queue.append(seen[key])
    return sorted(seen.values())


@pytest.fixture(scope="module")
def pages(site: Site) -> list[str]:
    """In both projects, by somebody who may do everything."""
    roles = ("read", "review", "rules", "decide")
    found = {
        one for name in ("shop", "empty") for one in linked(site, site.client(*roles, name=name))
    }
    return sorted(found)


@pytest.mark.parametrize("name", ["shop", "empty"])
def test_every_page_can_be_read_and_fits(
    site: Site, browser: Any, pages: list[str], name: str
) -> None:
    axe, wrong = AXE.read_text("utf-8"), []
    there = [path for path in pages if path.startswith(f"/q/{name}")] + ["/"] * (name == "shop")
    assert len(there) >= 5, there
    with site.page(browser, "read", "review", "rules", "decide", name=name) as page:
        for path in there:
            assert page.goto(path).status == 200
            page.evaluate(axe)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            for width, scheme in MODES:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                where = f"{path} at {width} px, {scheme}"
                wrong += [f"{where}: {said}" for said in page.evaluate(SERIOUS)]
                if page.evaluate(WIDER) > width:
                    wrong.append(f"{where}: it is wider than the screen")
    assert wrong == []


def test_the_first_page_is_small(site: Site, pages: list[str]) -> None:
    """With its style and its script, which are fetched once."""
    client = site.client("read")
    shared = 0
    for path in ("/", "/q/shop"):
        text = client.get(path).text
        shared = sum(len(client.get(one).content) for one in re.findall(r'"(/static/[^"]+)', text))
        assert len(text.encode()) + shared < FIRST_BYTES
    assert shared > 5_000
