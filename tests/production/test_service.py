"""The service, asked over HTTP as a client would, by a real process over small projects."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pyarrow as pa
import pytest
from pages import elsewhere
from service_shops import Service, copied, error, made, publish, published, token

import stepladder
from stepladder.core.errors import Problem
from stepladder.fence.fenced import Fenced
from stepladder.record import Token
from stepladder.release.release import Release
from stepladder.release.ship import in_production, ship
from stepladder.service.answers import Queue
from stepladder.service.body import Case
from stepladder.service.limits import Limits
from stepladder.service.served import Served
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import hashed

ROWS = [
    {"day": "2020-02-01", "value": 10.5},
    {"day": "2020-03-01"},
    {"day": "2020-06-01", "value": 3},
]
REF = re.compile(r'"#/components/schemas/([^"]+)"')
LIKES = [{"item": 3}, {"item": 9}, {"item": 15}]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with three projects."""
    return made(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def tokens(home):
    """A token of each project; crowd has nothing published, so the service as a whole is not ready."""
    return {name: token(home / name) for name in ("shop", "films", "crowd")}


@pytest.fixture(scope="module")
def service(home, tokens):
    """One process that serves all three."""
    running = Service(home, "--rate", "0").ready(503)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def shop(service, tokens):
    """A client of the shop."""
    with service.client(tokens["shop"]) as client:
        yield client


@pytest.fixture(scope="module")
def films(service, tokens):
    """A client of the films."""
    with service.client(tokens["films"]) as client:
        yield client


def ask(client, *cases, **more):
    return client.post("/predict", json={"cases": list(cases), **more})


def test_somebody_known_is_answered_with_what_was_published(shop, films, home):
    rows = published(home / "shop").to_pylist()[:20]
    said = ask(shop, *({"customer": row["customer"]} for row in rows)).json()
    release = in_production(stepladder.Project.open(home / "shop")).release
    assert (said["release"], said["rung"]) == (release, "r3_bg_nbd")
    for row, answer in zip(rows, said["answers"], strict=True):
        assert answer.pop("from") == "published"
        assert row.pop("release").startswith(answer.pop("release"))
        row.pop("as_of")
        assert answer == row
        assert answer["why"]
        assert answer["because"]
    lists = published(home / "films").to_pylist()
    one = ask(films, {"person": 7}).json()["answers"][0]["list"]
    assert [item["item"] for item in one] == [r["item"] for r in lists if r["person"] == 7]
    assert one[0]["title"].startswith("Film ")


def test_somebody_new_is_answered_from_exactly_their_rows(shop, home, tmp_path):
    answer = ask(shop, {"rows": ROWS}, why=True).json()["answers"][0]
    project = stepladder.Project.open(home / "shop")
    release = Release.load(in_production(project).release, project.folder)
    # the same rung over a history of these rows and no others
    kinds = project.history().sql("select * from purchases limit 0").schema
    own = [{"customer": -1, "value": None, **r, "day": date.fromisoformat(r["day"]), "row": i}
           for i, r in enumerate(ROWS, 1)]  # fmt: skip
    file = tmp_path / "purchases.parquet"
    pa.parquet.write_table(pa.Table.from_pylist(own, kinds), file)
    history = stepladder.History(project.now(), project.ask, {"purchases": (str(file), "day")})
    cases = pa.table({"customer": pa.array([-1], kinds.field("customer").type)})
    said = release.rung(tmp_path).predict(release.model(), history, cases).to_pylist()[0]
    for name in ("prediction", "alive", "value"):
        assert answer[name] == pytest.approx(said[name], rel=1e-12)
    assert answer["why"] == [3, 2, 1]
    assert answer["because"] == "bought on 3 days, last on 2020-06-01"
    assert (answer["customer"], answer["from"]) == (None, "rows")
    without = ask(shop, {"rows": ROWS}).json()["answers"][0]  # reasons are told to whoever asks
    assert without == answer | {"why": None, "because": None}


def test_alone_or_in_a_crowd_the_answer_is_the_same(films):
    cases = [{"rows": [{"item": i}, {"item": i + 6}]} for i in range(1, 40)]
    together = ask(films, *cases).json()["answers"]
    alone = [ask(films, case).json()["answers"][0] for case in cases[:8]]
    assert together[:8] == alone
    assert all(len(answer["list"]) == 10 for answer in together)
    assert not {3, 9, 15} & {
        i["item"] for i in ask(films, {"rows": LIKES}).json()["answers"][0]["list"]
    }


def test_what_needs_the_whole_history_is_served_from_the_nightly_table_and_says_so(service, tokens):
    with service.client(tokens["crowd"]) as crowd:
        said = error(ask(crowd, {"rows": ROWS}), 422)
        assert "needs the whole history" in said
        assert "stepladder run" in error(ask(crowd, {"customer": 1}), 503)
        assert crowd.get("/models").json()["models"][0]["newcomers"]


BAD_CASES = {
    "unknown case": ({"customer": 10**9}, 404, "there is no customer 1000000000"),
    "SQL in an id": ({"customer": "1'; drop table purchases; --"}, 404, "drop table"),
    "an id of another type": ({"customer": 1.5}, 422, "customer is 1.5"),
    "neither": ({}, 422, "neither `customer` nor `rows`"),
    "extra": ({"custmer": 1}, 422, "did you mean `customer`?"),
    "no rows": ({"rows": []}, 422, "1 to 5,000 rows"),
    "too many rows": ({"rows": [{"day": "2020-01-01"}] * 5001}, 413, "5,001 rows"),
    "no day": ({"rows": [{"value": 1}]}, 422, "rows[0] has no `day`"),
    "extra field": ({"rows": [{"dya": "2020-01-01"}]}, 422, "did you mean `day`?"),
    "no day at all": ({"rows": [{"day": "the other day"}]}, 422, "YYYY-MM-DD"),
    "SQL in a day": ({"rows": [{"day": "2020-01-01'; --"}]}, 422, "YYYY-MM-DD"),
    "a text as value": ({"rows": [{"day": "2020-01-01", "value": "1"}]}, 422, "finite number"),
    "a huge value": ({"rows": [{"day": "2020-01-01", "value": 10**400}]}, 422, "finite number"),
    "an absurd value": ({"rows": [{"day": "2020-01-01", "value": -1e308}]}, 422, "below 1e15"),
    "the future": ({"rows": [{"day": "2999-01-01"}]}, 422, "the model knows nothing later"),
    "no object": (7, 422, "cases[0] is 7"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CASES)
def test_a_bad_case_is_told_in_three_parts(shop, name):
    case, status, words = BAD_CASES[name]
    assert words in error(ask(shop, case), status)


def test_a_stranger_among_others_does_not_spoil_their_answers(shop):
    said = ask(shop, {"customer": 1}, {"customer": 10**9}, {"rows": ROWS}).json()["answers"]
    assert "there is no customer" in said[1]["error"]["given"]
    assert said[0]["prediction"] >= 0
    assert said[2]["prediction"] >= 0


BAD_BODIES = {
    "malformed": (b'{"cases": [', 400, "line 1"),
    "not UTF-8": (b"\xff\xfe", 400, "UTF-8"),
    "NaN": (b'{"cases": [{"customer": NaN}]}', 400, "NaN is no number"),
    "deep": (b"[" * 200_000, 400, "not JSON"),
    "many digits": (b'{"cases": [{"customer": ' + b"9" * 9_000 + b"}]}", 400, "not JSON"),
    "a list": (b"[]", 422, "an object with"),
    "no cases": (b"{}", 422, "no `cases`"),
    "cases is no list": (b'{"cases": 1}', 422, "1 to 1,000 cases"),
    "unknown question": (b'{"question": "x", "cases": [{}]}', 404, "there is no question 'x'"),
    "a path": (b'{"question": "../../etc/passwd", "cases": [{}]}', 404, "there is no question"),
    "too many": (json.dumps({"cases": [{"customer": 1}] * 1001}).encode(), 413, "1,001 cases"),
    "ten million": (b'{"cases": [' + b'{"customer": 1},' * 10_000_000, 413, "too large"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_told_in_three_parts(shop, name):
    body, status, words = BAD_BODIES[name]
    sent = {"Content-Type": "application/json"}
    try:
        answer = shop.post("/predict", content=body, headers=sent)
    except httpx.WriteError:  # the rest was not waited for
        assert len(body) > 10**8
        return
    assert words in error(answer, status)


def test_a_body_without_a_length_is_not_read_whole(shop):
    def endless():
        while True:
            yield b" " * 65536

    try:
        answer = shop.post(
            "/predict", content=endless(), headers={"Content-Type": "application/json"}
        )
        error(answer, 413)
    except (httpx.WriteError, httpx.ReadError):
        pass
    assert shop.get("/models").status_code == 200


def test_paths_methods_and_types_are_told_in_json(service, shop):
    assert "/predict" in error(shop.get("/../../etc/passwd"), 404)
    error(shop.get("/predict"), 405)
    error(shop.post("/predict", content=b"{}", headers={"Content-Type": "text/plain"}), 415)
    assert service.send("GET", "/healthz").json() == {"alive": True}


def test_tokens_open_what_their_role_and_project_allow(service, home, shop, tokens):
    record = stepladder.Project.open(home / "shop").record
    over = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    record.note(Token("late", "admin", hashed("sl_late"), over))
    review, decide, admin = (token(home / "shop", role) for role in ("review", "decide", "admin"))
    time.sleep(2.5)  # tokens are looked at every second
    wrong = ("", "sl_wrong", "sl_late", admin[:-1])
    told = {error(service.send("GET", "/models", one), 401) for one in wrong}
    assert len(told) == 1  # nobody learns why
    body = {"case": {"customer": 1}, "prediction": 2.5}
    assert "needs the role review" in error(shop.post("/answers", json=body), 403)
    assert "answer" in service.send("POST", "/answers", review, json=body).json()
    liked = {"question": "films", "case": {"person": 1}, "prediction": 2.5}
    films = token(home / "films", "review")
    time.sleep(2.5)
    assert "no items" in error(service.send("POST", "/answers", films, json=liked), 422)
    listed = {"question": "films", "case": {"person": 1}, "items": [{"item": 3}, {"item": 1}]}
    assert "answer" in service.send("POST", "/answers", films, json=listed).json()
    kept = stepladder.Project.open(home / "films").record.answers("recommend")
    assert [(json.loads(a.key)["item"], a.prediction, a.act) for a in kept[-2:]] == [
        (3, 2.0, kept[-1].act), (1, 1.0, kept[-1].act)]  # fmt: skip
    assert record.answers("retention")[-1].by == "a test's review"
    assert record.answers("retention")[-1].key == '{"customer": 1}'
    choice = {"rung": "r3_bg_nbd", "because": "it is good"}
    error(service.send("POST", "/decisions", review, json=choice), 403)
    assert "no bake-off" in error(service.send("POST", "/decisions", decide, json=choice), 422)
    error(service.send("POST", "/reload", decide), 403)
    assert service.send("POST", "/reload", admin).json() == {"degraded": []}
    assert "there is no question 'films'" in error(ask(shop, {"person": 1}, question="films"), 404)
    mine = next(t for t in record.noted(Token) if t.sha256 == hashed(admin))
    record.revoke(mine.id)
    time.sleep(2.5)
    error(service.send("GET", "/models", admin), 401)
    log = service.log.read_text()
    assert "is expired" in log
    assert "is revoked" in log
    for secret in (review, decide, admin, *tokens.values()):
        assert secret not in log
        assert secret.encode() not in (home / "shop" / "stepladder.db").read_bytes()


def test_the_description_is_whole_and_its_examples_work(service, tokens):
    described = service.send("GET", "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert set(REF.findall(json.dumps(described))) <= set(described["components"]["schemas"])
    assert set(described["paths"]) == {
        "/predict", "/predict/waiting", "/models", "/answers", "/decisions", "/reload", "/healthz", "/readyz",
        "/metrics",
    }  # fmt: skip
    predict = described["paths"]["/predict"]["post"]
    examples = predict["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == 4
    assert described["security"] == [{"token": []}]
    made_up = [{"day": d, "value": v} for d, v in (("2021-06-27", 10), ("2021-06-20", 20))]
    assert examples["shop: somebody new"]["value"]["cases"][0]["rows"][:2] == made_up
    for example in examples.values():
        body = example["value"]
        answer = service.send("POST", "/predict", tokens[body["question"]], json=body)
        assert answer.status_code == 200, answer.text
        answers = described["components"]["schemas"]
        mine = answers[f"{body['question']}-Answer"]["properties"]
        assert set(answer.json()) == set(mine)
        entry = answers[f"{body['question']}-Entry"]["properties"]
        empty = {"because"} if "list" in entry else set()  # said only of a list that is empty
        assert set(answer.json()["answers"][0]) == set(entry) - empty


def test_the_page_that_describes_it_takes_nothing_from_elsewhere(service, browser):
    page = service.send("GET", "/docs")
    assert elsewhere(page.text) == []
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    said, asked, tab = [], [], browser.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda problem: said.append(str(problem)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{service.url}/docs")
    tab.wait_for_selector(".opblock-summary-path")
    tab.get_by_text("Predict for one case or many").click()
    tab.get_by_text("Try it out").click()
    assert tab.locator(".opblock").count() == 9
    tab.close()
    assert said == []  # nothing that the page's policy forbids was tried
    assert {url.removeprefix(service.url) for url in asked} == {
        "/docs", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js",
        "/openapi.json",
    }  # fmt: skip


def test_metrics_count_what_was_asked(service, shop):
    ask(shop, {"customer": 1})
    shop.get("/a/path/nobody/knows")
    text = shop.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert (
        float(lines['stepladder_requests_total{method="POST",path="/predict",status="200"}']) >= 1
    )
    assert float(lines['stepladder_requests_total{method="any",path="other",status="404"}']) >= 1
    assert 'stepladder_predictions_age_days{question="shop"}' in lines
    assert any(name.startswith("stepladder_release_info") for name in lines)
    assert "nobody" not in text


def test_a_new_model_is_taken_up_under_load_without_a_failed_request(home, tokens, tmp_path):
    folder = copied(home, "shop", tmp_path)
    running = Service(folder, "--rate", "0").ready()
    project, failed, rungs, stop = stepladder.Project.open(folder), [], [], threading.Event()

    def load():
        with running.client(tokens["shop"]) as client:
            while not stop.is_set():
                for case in ({"customer": 1}, {"rows": ROWS}):
                    answer = ask(client, case)
                    if answer.status_code != 200:
                        failed.append(answer.text)
                    else:
                        rungs.append(answer.json()["rung"])

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    ship(project, rung="r3_pareto_nbd", force="a better one")
    until(lambda: rungs[-1] == "r3_pareto_nbd")
    file = publish(project)  # by the new rung
    with running.client(tokens["shop"]) as client:
        release = in_production(project).release
        until(lambda: ask(client, {"customer": 1}).json()["answers"][0]["release"] == release[:12])
        # what is broken is not taken up, and the old one goes on
        ship(project, rung="r1_bought_lately", force="worse")
        (folder / "releases" / f"{in_production(project).release}.json").write_text("{}")
        until(lambda: "degraded" in client.get("/readyz").text)
        assert ask(client, {"customer": 1}).json()["rung"] == "r3_pareto_nbd"
        assert 'stepladder_degraded{question="shop"} 1' in client.get("/metrics").text
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert {"r3_bg_nbd", "r3_pareto_nbd"} == set(rungs)
    assert running.stop() == 0
    again = Service(folder)  # at a start there is no old one to go on with
    assert again.process.wait(60) == 2
    assert "shop: the release" in again.log.read_text()
    assert file.is_file()


def until(true):
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")


def test_what_was_tampered_with_is_not_loaded(home, tmp_path):
    folder = copied(home, "shop", tmp_path)
    project = stepladder.Project.open(folder)
    release = in_production(project).release
    body = json.loads((folder / "releases" / f"{release}.json").read_text())
    model = folder / "models" / body["model"] / "model.json"
    kept = model.read_text()
    manifest = folder / "releases" / f"{release}.json"
    newer = json.dumps({**body, "format": 99, "made_with": "9.9"}).encode()
    project.record.note(
        replace(in_production(project), id=0, release=hashlib.sha256(newer).hexdigest())
    )
    (folder / "releases" / f"{hashlib.sha256(newer).hexdigest()}.json").write_bytes(newer)
    assert "made by stepladder 9.9" in refusal(folder)
    project.record.note(replace(in_production(project), id=0, release=release))
    for path, text, words in (
        (manifest, "{}", "is not what its name says"),
        (model, kept.replace('"r"', '"R"', 1) + " ", "is not what its name says"),
        (max((folder / "published").iterdir()), "other bytes", "is not what was published"),
    ):
        before = path.read_bytes()
        path.write_text(text)
        assert words in refusal(folder)
        path.write_bytes(before)


def refusal(folder):
    """Why what is in production is not served; asked in this process, which starts no other."""
    with pytest.raises(Problem) as caught:
        Shelf.of(folder)
    return " ".join(str(caught.value).split())


def noting(home, note):
    """The films, answering in a moment, each answer noted as it is given."""
    films = Served.load("films", home / "films")

    class Noting:
        rung, stop = films.alone.rung, films.alone.stop

        def answer(self, cases, why):
            note(cases)
            return films.alone.answer(cases, why)

    return replace(films, alone=Noting(), takes_s=0.002)


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API:UserWarning")
def test_what_nobody_waits_for_any_more_is_not_worked_out(home):
    asked = []
    counted = noting(home, lambda cases: asked.append(len(cases)))
    many = [Case(f"cases[{i}]", None, True, LIKES) for i in range(1_000)]

    async def main():
        queue = Queue(Limits(answer_s=0.05))
        said = await asyncio.gather(
            *(queue.answers(counted, many) for _ in range(5)), return_exceptions=True
        )
        queue.limits = Limits()
        return said, await queue.answers(counted, many[:1])

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have a loop in this one
        said, last = thread.submit(lambda: asyncio.run(main())).result()
    assert [problem.status for problem in said] == [503] * 5
    assert len(last) == 1
    assert asked[-1] == 1
    assert sum(asked[:-1]) < 1_000  # of the first a part, of the others nothing


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API:UserWarning")
def test_only_what_takes_a_moment_is_answered_on_the_spot(home):
    films = replace(Served.load("films", home / "films"), takes_s=0.002)
    theirs = replace(films.alone, rung=Fenced(films.alone.rung.path))
    one = [("cases[0]", LIKES)]
    assert films.at_once(one)
    assert not films.at_once(one * 2)
    assert not films.at_once([("cases[0]", LIKES * 100)])
    assert not replace(films, takes_s=0.5).at_once(one)
    assert not replace(films, alone=theirs).at_once(one)


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API:UserWarning")
def test_of_a_crowd_one_is_answered_on_the_spot_and_the_others_beside(home):
    where = []
    watched = noting(home, lambda _: where.append(threading.current_thread()))
    one = [Case("cases[0]", None, True, LIKES)]

    async def main():
        queue = Queue(Limits())
        told = await asyncio.gather(*(queue.answers(watched, one) for _ in range(20)))
        here, later = where.count(threading.current_thread()), len(where)
        await queue.answers(watched, one)
        return told, here, where[later] is threading.current_thread()

    with ThreadPoolExecutor(1) as thread:
        told, here, again = thread.submit(lambda: asyncio.run(main())).result()
    assert told == [told[0]] * 20
    assert here == 1
    assert again  # once nobody waits any more


def test_too_many_requests_are_told_when_to_come_again(home, tokens, tmp_path):
    running = Service(copied(home, "shop", tmp_path), "--rate", "5").ready()
    with running.client(tokens["shop"]) as client:
        answers = [ask(client, {"customer": 1}) for _ in range(30)]
        slow = [answer for answer in answers if answer.status_code == 429]
        assert slow
        assert error(slow[0], 429)
        assert int(slow[0].headers["Retry-After"]) >= 1
    assert running.stop() == 0
