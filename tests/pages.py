"""What a page would have a browser fetch from elsewhere, for the tests of every page there is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

FETCHED = {"src", "srcset", "data", "poster", "background", "action", "formaction", "xlink:href"}
LEADS = {"a", "area"}  # what is only followed when somebody clicks


def elsewhere(page: str) -> list[str]:
    """Every address outside from which the page takes something by itself."""
    found = _Page()
    found.feed(page)
    styles = re.findall(r"url\(([^)]*)\)|@import([^;]*)", " ".join(found.styles))
    told = [*found.fetched, *(a or b for a, b in styles)]
    return [one for one in told if re.match(r"[\s'\"]*([a-z]+:)?//", one)]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.styles: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag."""
        self.within = tag
        for name, value in attrs:
            if name in FETCHED or (name == "href" and tag not in LEADS):
                self.fetched.append(value or "")
            elif name == "style":
                self.styles.append(value or "")
            elif name == "content" and "url=" in (value or "").lower():
                self.fetched.append((value or "").lower().partition("url=")[2])

    def handle_data(self, data: str) -> None:
        """What stands between two tags."""
        if self.within == "style":
            self.styles.append(data)
