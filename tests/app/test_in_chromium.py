"""Every page in a real browser: everybody can read it, it fits a phone, and nobody else is asked."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from in_browser import Site
from linked import linked

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js")
# read at a desk by day and on a phone by night, so in both schemes and at both widths; in the other two it
# has to fit. Of the empty project, whose pages are of the same parts, the last alone
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 150)).join(' | '))"""
WIDER = "document.documentElement.scrollWidth"
MODES = [(1280, "light", True), (1280, "dark", False), (390, "light", False), (390, "dark", True)]
# no page of the app: one is looked at in tests/report, one is a file
ALONE = ("/report", "/predictions.csv")
FIRST_BYTES = 150_000


@pytest.fixture(scope="module")
def pages(site: Site) -> list[str]:
    """In both projects, by somebody who may do everything."""
    roles = ("read", "review", "rules", "decide")
    clients = [site.client(*roles, name=name) for name in ("shop", "empty")]
    return sorted({one for client in clients for one in linked(client.get, ALONE)})


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
            for width, scheme, read in MODES if name == "shop" else MODES[3:]:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                where = f"{path} at {width} px, {scheme}"
                if read:
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
