"""The pages of the app as somebody finds them who follows every link."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from stepladder.pages import house  # noqa: F401  all pages are in the table
from stepladder.pages.routes import found

FILES = ("/static", "/enter")


def linked(get: Callable[[str], Any], leave_out: tuple[str, ...] = ()) -> list[str]:
    """One address of each page of each project, as far as links lead from the first page; each answers 200.

    get: a response with status_code and text. leave_out: how paths end that are not looked at.
    """
    seen: dict[tuple[str, str], str] = {("/", ""): "/"}
    queue = ["/"]
    while queue:
        page = queue.pop()
        said = get(page)
        assert said.status_code == 200, (page, said.text)
        for address in map(unescape, re.findall(r'href="(/[^"#]*)', said.text)):
            path = re.sub(r"[?].*", "", address)
            if path.startswith(FILES) or path.endswith(leave_out):
                continue
            there = [(route, places) for route, places in found(path) if route.method == "GET"]
            assert there, f"{page} leads to {address}, which is no page"
            key = there[0][0].path, there[0][1].get("name", "")
            if key not in seen:
                seen[key] = address
                queue.append(address)
    return sorted(seen.values())
