"""Made the projects that lie beside this file, on commit cbd6790; kept to show how, and run by no test.

It went through the command line of that commit, as a user would, and noted what the commit itself then
said of its projects. Later versions are held to that (tests/test_frozen.py), so what it made must not be
made again by later code:

cd <checkout of cbd6790> && PYTHONPATH=$PWD python -P <this file>
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

import stepladder
from stepladder.questions.recommend import toy as tastes
from stepladder.questions.retention import toy as buyers

HERE = Path(__file__).parent
COMMIT = "cbd6790"
NAMES = ("retention", "recommend")
SEED = 11
# A project is the same wherever it was made, so nothing of this machine may stand in it.
WHO = {"LOGNAME": "mia", "USER": "mia"}
PAGES = ("runs.html", "watch.html", "report.html", "stepladder.log")  # drawn anew by whoever asks

OUR_RULE = """-- Whoever bought on three days or more, or in the last month, will buy again.
select cases.customer,
  case when count(distinct day) >= 3 or date_diff('day', max(day), max(now)) <= 30 then 1 else 0 end
    as prediction
from cases left join purchases using (customer) cross join ask
group by cases.customer
"""
RETENTION = {  # what is changed in question.toml before the first bake-off
    "seed = 1\n": "seed = 1\ncutoffs = [2020-10-12, 2020-12-21]\n",
    '# [prices]\n# margin = 0.30\n# cost = 2.00\n# currency = "EUR"\n': (
        '[prices]\nmargin = 0.30\ncost = 6.00\ncurrency = "EUR"\n\n'
        "[costs]\nhour_price = 90\n\n[costs.upkeep_hours]\n3 = 10\n\n"
        '[nightly]\nrefit = "2 days"\npublish = ["sqlite:///out.db?table=predictions"]\n\n'
        "[watch]\nalarms_per_year = 0.5\n\n"
        '[kpis.orders]\nsql = "select count(*) * 1.0 / count(distinct customer) from purchases"\n'
        'words = "orders of a customer"\ntarget = 5.0\n'
    ),
    '"../orders.csv"': '"orders.csv"',
}
RECOMMEND = {
    "k = 10 ": "k = 5 ",
    "seed = 1\n": "seed = 1\ncutoffs = [2020-04-20, 2020-05-18]\n",
    "min_support = 5 ": "min_support = 3 ",
    "# exclude = {category": 'exclude = {kind = ["postage"]}  # {category',
    "# at_most = {category = 3}": "at_most = {kind = 2}",
    '"../bought.csv"': '"bought.csv"',
    '"../articles.csv"': '"articles.csv"',
}


def main() -> None:
    """Make both projects, pack them, and note what this commit says of what was packed."""
    root = Path(stepladder.__file__).parents[1]
    head = ["git", "-C", str(root), "rev-parse", "HEAD"]
    assert subprocess.check_output(head, text=True).startswith(COMMIT)
    os.environ.update(WHO)
    with tempfile.TemporaryDirectory() as place:
        room = Path(place)
        retention(room)
        recommend(room)
        tokens = {f"{name} {role}": token(room / name, role)
                  for name in NAMES for role in ("read", "review", "admin")}  # fmt: skip
        with served(room) as client:
            for customer, number in ((4, 2), (7, 0)):
                said = {"case": {"customer": customer}, "prediction": number}
                sent(client, tokens, "POST", "/answers", "retention review", said)
        for name in NAMES:
            pack(room / name)
        # from here on with what was packed, so that the packing is part of what is tried
        for name in NAMES:
            shutil.rmtree(room / name)
            unpack(name, room)
        expected = {name: known(room / name) for name in NAMES}
        with served(room) as client:
            exchanges = asked(client, tokens, room)
        for name in NAMES:
            again = sl(room / name, "bakeoff", "--again", "1", "--json")
            said = json.loads(again.stdout)
            expected[name]["again"] = {k: said[k] for k in ("same", "different", "changed")}
    write("exchanges.json", {"tokens": tokens, "exchanges": exchanges})
    write("expected.json", {"commit": COMMIT, "processor": processor(), **expected})


def retention(room: Path) -> None:
    """Who buys again, judged in money; a rule of the user's own goes into production."""
    world = buyers.World(alpha=5.0, beta=30.0, weeks=61, arrivals=26)
    rows = buyers.simulate(world, 500, SEED)[0].drop_columns(["row"])
    split = world.start + timedelta(weeks=60)
    later = split + timedelta(days=2)
    pyarrow.csv.write_csv(rows.filter(pc.less(rows["day"], split)), room / "orders.csv")
    project = room / "retention"
    sl(room, "new", "retention", "--from", "orders.csv")
    (room / "orders.csv").rename(project / "orders.csv")
    new = pc.and_(pc.greater_equal(rows["day"], split), pc.less(rows["day"], later))
    pyarrow.csv.write_csv(rows.filter(new), project / "later.csv")
    (project / "rungs" / "r1_our_rule.sql").write_text(OUR_RULE)
    change(project / "question.toml", RETENTION)
    decided(project, "r1_our_rule", "it is our own, everybody understands it, and it is enough")


def recommend(room: Path) -> None:
    """What to show next, a list of five under the rules of the house."""
    tastes.PERSONS, tastes.ITEMS = 250, 60
    kinds = np.array(["bags", "kitchen", "christmas", "garden", "toys", "postage"])
    made = tastes.tables(SEED)
    rows, items = made["interactions"], made["items"]
    code = np.array([f"A{n:03}" for n in range(tastes.ITEMS + 1)])
    day = rows["time"].to_numpy().astype("datetime64[D]")
    moment = day + (np.arange(len(day)) * 7_919 % 86_400).astype("timedelta64[s]")
    bought = pa.table(
        {
            "customer": rows["person"],
            "article": code[rows["item"].to_numpy()],
            "time": pa.array(moment.astype("datetime64[s]")),
        }
    ).sort_by([("time", "ascending"), ("customer", "ascending"), ("article", "ascending")])
    split = np.datetime64(tastes.START + timedelta(days=163), "s")
    later = split + np.timedelta64(2, "D")
    articles = {
        "article": code[items["item"].to_numpy()],
        "name": [f"Article {n}" for n in items["item"].to_pylist()],
        "kind": kinds[items["kind"].to_numpy(zero_copy_only=False).astype(int)],
    }
    when = bought["time"].to_numpy()
    pyarrow.csv.write_csv(bought.filter(pa.array(when < split)), room / "bought.csv")
    pyarrow.csv.write_csv(pa.table(articles), room / "articles.csv")
    project = room / "recommend"
    sl(room, "new", "recommend", "--from", "bought.csv", "--from", "items=articles.csv")
    for name in ("bought.csv", "articles.csv"):
        (room / name).rename(project / name)
    new = pa.array((when >= split) & (when < later))
    pyarrow.csv.write_csv(bought.filter(new), project / "later.csv")
    change(project / "question.toml", RECOMMEND)
    decided(project, "r3_ease", "it does best, and says why")


def decided(project: Path, rung: str, because: str) -> None:
    """From the settings to two nights: the day before the data end, and the day after their last."""
    sl(project, "bakeoff")
    sl(project, "decide", rung, "--by", "Mia", "--because", because)
    sl(project, "ship")
    now = stepladder.Project.open(project).now()
    sl(project, "run", "--from", str(now - timedelta(days=1)), "--to", str(now), fine=(0, 1))
    for page in PAGES:
        (project / page).unlink(missing_ok=True)


def token(project: Path, role: str) -> str:
    """A token that never expires; it opens nothing but this fixture."""
    return sl(project, "token", f"frozen {role}", "--role", role).stdout.strip()


def sl(folder: Path, *words: str, fine: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    """One command, as a user would give it."""
    command = [sys.executable, "-P", "-m", "stepladder", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ran.returncode in fine, f"{words}: {ran.stdout}{ran.stderr}"
    return ran


def change(path: Path, edits: dict[str, str]) -> None:
    """Edit question.toml as one would by hand; what is edited must be there."""
    text = path.read_text()
    for old, new in edits.items():
        assert old in text, (old, text)
        text = text.replace(old, new)
    path.write_text(text)


class served:
    """The service over all projects of a folder, and a client of it."""

    def __init__(self, room: Path) -> None:
        self.room = room

    def __enter__(self) -> httpx.Client:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-P", "-m", "stepladder", "serve"]
        command += ["--project", str(self.room), "--port", str(port)]
        self.process = subprocess.Popen(command, cwd=self.room, stderr=subprocess.DEVNULL)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        for _ in range(600):
            assert self.process.poll() is None
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self.client
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("it is not ready")

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.terminate()
        assert self.process.wait(60) == 0


def asked(client: httpx.Client, tokens: dict[str, str], room: Path) -> list[dict[str, Any]]:
    """Every exchange, in the order in which it must be repeated: answers are numbered."""
    found = []

    def ask(name: str, method: str, path: str, who: str | None, body: Any = None) -> None:
        answer = sent(client, tokens, method, path, who, body)
        one = {"name": name, "method": method, "path": path, "token": who}
        found.append({**one, "body": body, "status": answer.status_code, "response": answer.json()})

    def predict(name: str, who: str | None, *cases: Any, **more: Any) -> None:
        ask(name, "POST", "/predict", who, {"cases": list(cases), **more})

    buys = [{"day": "2021-01-04", "value": 30.5}, {"day": "2021-02-15"}]
    often = [*buys, {"day": "2020-11-30", "value": 12}, {"day": "2020-11-30", "value": 3.25}]
    likes = [{"item": "A003"}, {"item": "A009"}, {"item": "A015"}]
    dated = [{"item": "A001", "time": "2020-06-01T10:30:00"},
             {"item": "A002", "time": "2020-06-02 08:00:00"}]  # fmt: skip
    shop, lists = "retention read", "recommend read"
    ask("alive", "GET", "/healthz", None)
    ask("ready", "GET", "/readyz", None)
    for who in (shop, lists, "retention admin"):
        ask(f"models for {who}", "GET", "/models", who)
    predict("retention: one known", shop, {"customer": 4})
    predict("retention: several known", shop, *({"customer": n} for n in (1, 2, 3, 250, 500)))
    predict("retention: named", shop, {"customer": 9}, question="retention")
    predict("retention: unknown", shop, {"customer": 10**9})
    predict("retention: unknown among known", shop, {"customer": 5}, {"customer": 10**9})
    predict("retention: a newcomer", shop, {"rows": buys})
    predict("retention: newcomers and known", shop,
            {"rows": often}, {"customer": 6}, {"rows": buys[:1]}, {"customer": 4, "rows": buys})  # fmt: skip
    predict("recommend: one known", lists, {"person": 7})
    predict("recommend: several known", lists, *({"person": n} for n in (1, 2, 100, 240)))
    predict("recommend: unknown", lists, {"person": 10**9})
    predict("recommend: a newcomer", lists, {"rows": likes})
    predict("recommend: newcomers with times", lists, {"rows": dated}, {"rows": likes[:1]})
    ask("malformed", "POST", "/predict", shop, '{"cases": [')
    ask("a body that is a list", "POST", "/predict", shop, [])
    ask("no cases", "POST", "/predict", lists, {})
    predict("a field of the case misspelt", shop, {"custmer": 1})
    predict("a field of a row misspelt", shop, {"rows": [{"dya": "2021-01-04"}]})
    predict("an item that is not there", lists, {"rows": [{"item": "Z999"}]})
    predict("a row without an item", lists, {"rows": [{"time": "2020-06-01T10:30:00"}]})
    predict("a day to come", shop, {"rows": [{"day": "2999-01-01"}]})
    predict("a text as value", shop, {"rows": [{"day": "2021-01-04", "value": "1"}]})
    predict("another's question", shop, {"person": 1}, question="recommend")
    predict("no token", None, {"customer": 4})
    ask("no token for models", "GET", "/models", None)
    ask("no such path", "GET", "/nowhere", shop)
    ask("another method", "GET", "/predict", shop)
    said = {"case": {"customer": 4}, "prediction": 2}
    ask("an answer", "POST", "/answers", "retention review", said)
    ask("an answer by admin", "POST", "/answers", "retention admin", said | {"prediction": 0.5})
    ask("an answer by a reader", "POST", "/answers", shop, said)
    ask("an answer about nobody", "POST", "/answers", "retention review",
        {"case": {"customer": 10**9}, "prediction": 2})  # fmt: skip
    ask("an answer that is no number", "POST", "/answers", "retention review",
        said | {"prediction": "many"})  # fmt: skip
    ask("an answer about a list", "POST", "/answers", "recommend review",
        {"case": {"person": 4}, "prediction": 2})  # fmt: skip
    ask("a decision by a reviewer", "POST", "/decisions", "retention review",
        {"rung": "r3_bg_nbd", "because": "better"})  # fmt: skip
    ask("look again", "POST", "/reload", "recommend admin")
    return found


def sent(
    client: httpx.Client, tokens: dict[str, str], method: str, path: str, who: str | None, body: Any
) -> httpx.Response:
    """One request; a body that is a text is sent as it is, so that it may be broken."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if who:
        headers["Authorization"] = f"Bearer {tokens[who]}"
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    return client.request(method, path, headers=headers, content=content)


def known(folder: Path) -> dict[str, Any]:
    """What this commit says of a project: its figures, and what it published."""
    project = stepladder.Project.open(folder)
    result, now = project.result(), project.now()
    decision = project.record.decision(project.ask.question)
    (last,) = (folder / "published").glob(f"{now}-*.parquet")
    table = pq.read_table(last)
    body = last.read_bytes()
    key = project.question.KEYS[0]
    persons = table[key].unique().to_pylist()
    each = len(persons) * 20 // table.num_rows or 1  # so many persons make 20 rows or so
    some = persons[:: len(persons) // (each if len(project.question.KEYS) > 1 else 20)]
    rows = table.filter(pc.is_in(table[key], pa.array(some))).to_pylist()
    return {
        "now": str(now),
        "ladder": [rung.name for rung in project.ladder],
        "decision": {"rung": decision.rung, "by": decision.by, "because": decision.because},
        "versions": result.versions,
        "windows": [asdict(window) for window in result.windows],
        "proposal": {"rung": result.proposal.rung, "sentence": result.proposal.sentence},
        "rungs": {row.rung: figures(row) for row in result.rungs},
        "published": {
            "path": last.relative_to(folder).as_posix(),
            "sha256": hashlib.sha256(body).hexdigest(),
            "cases": len(persons),
            "rows": json.loads(json.dumps(rows, default=str)),
        },
    }


def figures(row: Any) -> dict[str, Any]:
    """A rung's figures in the bake-off, and the hash of what it said at each cutoff."""
    at = {
        one.now: {
            "role": one.role,
            "loss": one.estimate.loss,
            "worse": one.estimate.worse,
            "predictions_sha256": one.predictions_sha256,
        }
        for one in row.cutoffs
    }
    pooled = {name: getattr(row, name) for name in ("choose", "report")}
    return {
        "status": row.status,
        **{name: asdict(found) if found else None for name, found in pooled.items()},
        "calibrated": row.calibrated,
        "cutoffs": at,
    }


def pack(project: Path) -> None:
    """The folder as one file, the same bytes for the same folder."""
    database = project / "stepladder.db"
    with sqlite3.connect(database) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    assert not list(project.glob("*.db-*"))
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(project.rglob("*")):
            if path.is_file():
                body = path.read_bytes()
                assert str(project.parent).encode() not in body, path
                info = tarfile.TarInfo(path.relative_to(project.parent).as_posix())
                info.size, info.mode = len(body), 0o644
                tar.addfile(info, io.BytesIO(body))
    with (HERE / f"{project.name}.tar.gz").open("wb") as file:
        file.write(gzip.compress(plain.getvalue(), 9, mtime=0))


def unpack(name: str, room: Path) -> None:
    """The folder, as it was packed."""
    with tarfile.open(HERE / f"{name}.tar.gz") as tar:
        tar.extractall(room, filter="data")


def processor() -> str:
    """What the figures were reckoned on: on another the last bits may differ."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def write(name: str, value: Any) -> None:
    """A file of JSON."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    main()
