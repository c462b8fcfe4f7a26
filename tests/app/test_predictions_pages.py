"""Predictions searched, sorted and paged, a case, and the records that it comes from."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from in_browser import Site
from walk_predictions import ids, links, pages, walk

import stepladder
from stepladder.core.asking import matched, numbers
from stepladder.pages.door import COOKIE
from stepladder.pages.house import house
from stepladder.project.folder import Project
from stepladder.project.one_story import Stories
from stepladder.project.record import same
from stepladder.record import Stored
from stepladder.record.entries import session
from stepladder.service import tokens
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf

HOSTILE = "=1+1<script>alert(1)</script>"


def test_every_page_is_reached_by_its_links(site: Site) -> None:
    walk(site.client("read"), "shop")


def test_pages_hold_every_row_once_in_order_forward_and_back(site: Site) -> None:
    project, result = site.project(), site.project().result()
    window = result.windows[0].called  # not the one that is shown where nobody chooses
    path = (
        project.folder / "bakeoffs" / str(result.id) / result.proposal.shown / f"{window}.parquet"
    )
    said = pq.read_table(path)
    said = said.filter(pc.starts_with(said["customer"].cast(pa.string()), "2"))
    came = Stories.of(project, result).came(window, said.select(["customer"]))
    surprise = numbers(matched(said, came, ["customer"], "actual")) - said["prediction"].to_numpy()
    customers = said["customer"].to_pylist()
    wanted = {
        "prediction": [(p, c) for p, c in zip(said["prediction"].to_pylist(), customers, strict=True)],
        "surprise": list(zip(surprise, customers, strict=True)),
        "-surprise": list(zip(-surprise, customers, strict=True)),
        "surprise-size": list(zip(-abs(surprise), customers, strict=True)),
        "case": [(0, c) for c in customers],
    }  # fmt: skip
    client = site.client("read")
    for order, keys in wanted.items():
        address = f"/q/shop/predictions?at={window}&begins=2&sort={order}&prediction.from=0.6"
        right = pc.greater_equal(said["prediction"], 0.6).to_pylist()
        there = [
            str(c) for _, c in sorted(k for k, is_in in zip(keys, right, strict=True) if is_in)
        ]
        shown = list(pages(client, address))
        assert {page.text.count("<form") for page in shown} == {
            2
        }  # none of a row: lists stay light
        found = [one for page in shown for one in ids(page)]
        assert len(found) > 100
        assert found == there, order


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("predictions?prediction.from=much", 422, "a number"),
        ("predictions?prediction.to=inf", 422, "a number"),
        ("predictions?colour.is=red", 422, "colour"),
        ("predictions?sort=colour", 422, "sorted by"),
        ("predictions?at=1999-01-01", 404, "no past moment"),
        ("predictions?sort=case&after=0&last.customer=99999999", 404, "beyond the end"),
        ("predictions?sort=case&after=0&last.customer=%27;drop", 404, "beyond the end"),
        ("predictions?after=x&last.customer=1", 422, "a number"),
        ("case", 422, "names no customer"),
        ("case?customer=99999999", 404, "forgotten"),
        ("case?customer=%3Cb%3E", 404, "&lt;b&gt;"),
        ("row?table=purchases&row=-1", 422, "counted from 1"),
        ("row?table=colours&row=1", 404, "no table"),
        ("row?table=purchases&row=99999999", 404, "not forgotten"),
    ],
)
def test_what_cannot_be_says_why(site: Site, path: str, status: int, told: str) -> None:
    said = site.client("read").get(f"/q/shop/{path}")
    assert (said.status_code, told in said.text, "What to do:" in said.text) == (status, True, True)


def test_before_a_bakeoff_there_is_a_page_that_says_so(site: Site) -> None:
    client = site.client("read", name="empty")
    assert "Nothing was predicted here yet" in client.get("/q/empty/predictions").text
    customer = "/q/empty/case?customer=4"
    assert client.get(customer).status_code == 404


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Project:
    """A shop of one's own, read from CSV, with a published prediction whose text is hostile."""
    shutil.copytree(home / "shop", tmp_path / "shop")
    same(Project.open(tmp_path / "shop"))
    project = Project.open(tmp_path / "shop")
    result = project.result()
    rung = project.folder / "bakeoffs" / str(result.id) / result.proposal.shown
    said = pq.read_table(rung / f"{result.windows[-1].called}.parquet")
    at = said.column_names.index("segment")
    told = said.set_column(at, "segment", pa.array([HOSTILE] * len(said)))
    told = told.append_column("because", pa.array([HOSTILE] * len(said)))
    path = project.folder / "published" / "shop.parquet"
    path.parent.mkdir()
    pq.write_table(told, path)
    sha256, day = hashlib.sha256(path.read_bytes()).hexdigest(), result.now
    project.record.store_prediction(
        Stored(project.ask.question, "r2_rfm_quintiles", day, "published/shop.parquet", sha256, len(said))
    )  # fmt: skip
    return project


def asked(project: Project) -> Callable[[str], httpx.Response]:
    """A page of a project that is asked in this process."""
    shelf = Shelf.of(project.folder)
    token = tokens.new(project, "a reader", ("read",))
    shelf.keys.look(project.folder.name)
    cookies = {COOKIE: session(project.record, tokens.hashed(token))}
    app = httpx.ASGITransport(house(shelf, Limits(rate=0)))

    aside = ThreadPoolExecutor(1)

    async def got(path: str) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=app, base_url="http://localhost", cookies=cookies
        ) as client:
            return await client.get(f"/q/{project.folder.name}/{path}")

    def here(path: str) -> httpx.Response:
        return aside.submit(
            lambda: asyncio.run(got(path))
        ).result()  # a browser's loop may run here

    return here


def test_published_ones_count_hostile_texts_are_texts_and_altered_ones_are_refused(
    own: Project,
) -> None:
    get = asked(own)
    page = get("predictions?begins=1")
    assert "Published, as of" in page.text
    case = get("case?customer=1")
    for told in (page, case):
        assert "<script>alert" not in told.text
        assert "&lt;script&gt;alert" in told.text
    rows = list(csv.DictReader(io.StringIO(get("predictions.csv?begins=11").text)))
    assert rows
    assert all(row["customer"].startswith("11") and row["segment"] == f"'{HOSTILE}" for row in rows)
    file = own.folder / "published" / "shop.parquet"
    file.write_bytes(file.read_bytes().replace(b"PAR1", b"PAR2"))
    for path in ("predictions", "case?customer=1"):
        assert (get(path).status_code, "changed its bytes" in get(path).text) == (503, True)
    file.unlink()
    assert (get("predictions").status_code, "are gone" in get("predictions").text) == (503, True)


def test_a_row_stands_beside_its_record_until_the_source_changes_or_they_are_forgotten(
    own: Project, tmp_path: Path
) -> None:
    get, name = asked(own), own.ask.tables["purchases"].source
    source = tmp_path / "purchases.parquet"
    there = pq.read_table(own.table("purchases")).sort_by("row").drop_columns(["row"])
    pq.write_table(there.append_column("note", pa.array([HOSTILE] * len(there))), source)
    text = (own.folder / "question.toml").read_text().replace(name, str(source))
    (own.folder / "question.toml").write_text(text)
    row = links(get("case?customer=34"), "/row?")[0].removeprefix("/q/shop/")
    said = get(row).text
    assert f"ecord {int(row.rpartition('=')[2]):,} of {source}" in said
    assert "&lt;script&gt;alert" in said
    assert "<script>alert" not in said
    pq.write_table(there.slice(1), source)
    assert "another record by now" in get(row).text
    source.unlink()
    assert "is not there any more" in get(row).text
    stepladder.forget(Project.open(own.folder), "34")
    assert [get(path).status_code for path in (row, "case?customer=34")] == [404, 404]
