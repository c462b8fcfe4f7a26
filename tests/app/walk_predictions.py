"""The pages about predictions of any question, walked by their own links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx


def links(page: httpx.Response, to: str) -> list[str]:
    """The addresses on a page that hold a text."""
    found = re.findall(r'href="([^"]+)"', page.text)
    return [html.unescape(one) for one in found if to in one]


def ids(page: httpx.Response) -> list[str]:
    """The cases on a page, in their order."""
    return [html.unescape(one) for one in re.findall(r"<bdi>([^<]*)</bdi></a>", page.text)]


def pages(client: httpx.Client, address: str) -> Iterator[httpx.Response]:
    """A page of predictions, and all further ones; each leads back to the one before."""
    before = client.get(address)
    yield before
    while further := re.search(r'href="([^"]+)" rel="next"', before.text):
        page = client.get(html.unescape(further[1]))
        back = re.search(r'href="([^"]+)" rel="prev"', page.text)
        assert back
        assert ids(client.get(html.unescape(back[1]))) == ids(before)
        yield page
        before = page


def walk(client: httpx.Client, name: str) -> list[str]:
    """Predictions, as a file too, then a case, then a row it comes from; their addresses."""
    there = f"/q/{name}/predictions"
    page = client.get(there)
    assert page.status_code == 200, page.text
    assert len(ids(page)) > 1
    for order in re.findall(r'<option value="([^"]+)"', page.text.split('id="at"')[0]):
        assert client.get(there, params={"sort": order}).status_code == 200, order
    (csv,) = links(page, "predictions.csv")
    assert client.get(csv).text.count("\n") > len(ids(page))
    case = links(page, "/case?")[0]
    told = client.get(case)
    assert told.status_code == 200, told.text
    row = links(told, "/row?")[0]
    said = client.get(row)
    assert said.status_code == 200, said.text
    assert "As it stands in the source" in said.text
    return [there, case, row]
