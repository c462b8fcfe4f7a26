"""The twins of what rungs of recommend ask about a few persons, and of what makes their lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pyarrow as pa

from stepladder.core.history import quoted
from stepladder.questions.recommend.because import TITLED, WORDS
from stepladder.questions.recommend.lists import RANKED, REFUSED
from stepladder.questions.recommend.matrix.lists import HIDDEN, SEEN
from stepladder.questions.recommend.matrix.read import ROWS
from stepladder.questions.recommend.why import LATEST
from stepladder.ship.service.quick import Seen, Tables, Twin, columns, named

Row = tuple[Any, Any, Any, int]  # person, item, time, row
Pair = tuple[Any, Any]


def rows(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.read.ROWS: what each case likes, and how many days ago."""
    code, nth = _codes(seen, given["codes"]), _numbered(given["cases"])
    ages: dict[tuple[int, int], int | None] = {}
    for person, item, time, _ in _likes(seen):
        if person in nth and item in code:
            place = nth[person], code[item]
            age = None if time is None else (seen.now - _date(time)).days
            ages[place] = min((a for a in (ages.get(place), age) if a is not None), default=None)
    found = sorted(ages)
    kind = pa.int32()
    return pa.table(
        {
            "nth": pa.array([place[0] for place in found], kind),
            "code": pa.array([place[1] for place in found], kind),
            "age": pa.array([ages[place] for place in found], kind),
        }
    )


def had(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.lists.SEEN: what may not be shown to a case again."""
    code, nth = _codes(seen, given["codes"]), _numbered(given["cases"])
    found = [(nth[p], code[i]) for p, i in _had(seen) if p in nth and i in code]
    kind = pa.int32()
    return pa.table(
        {
            "nth": pa.array([a for a, _ in found], kind),
            "code": pa.array([b for _, b in found], kind),
        }
    )


def hidden(seen: Seen, given: Tables) -> pa.Table:
    """Twin of matrix.lists.HIDDEN: what may be shown to nobody; it is the same for everyone."""
    codes, may = given["codes"], _candidates(seen)

    def read() -> pa.Table:
        found = [code for item, code in _code_of(codes).items() if item not in may]
        return pa.table({"code": pa.array(found, pa.int32())})

    kept = seen.ever("hidden", lambda: (codes, read()))
    return kept[1] if kept[0].equals(codes) else read()


def latest(seen: Seen, given: Tables) -> pa.Table:
    """Twin of why.LATEST: the latest row of each of a person's items."""
    own = list(zip(*(given["own"][n].to_pylist() for n in ("person", "item")), strict=True))
    wanted = set(own)
    best: dict[Pair, tuple[bool, Any, int]] = {}
    for person, item, time, row in _likes(seen):
        if (person, item) in wanted:
            place = (time is not None, time, row)  # a time that is not known comes last
            if (person, item) not in best or place > best[person, item]:
                best[person, item] = place
    found = [pair for pair in dict.fromkeys(own) if pair in best]
    kinds = given["own"].schema
    return pa.table(
        {
            "person": pa.array([p for p, _ in found], kinds.field("person").type),
            "item": pa.array([i for _, i in found], kinds.field("item").type),
            "row": pa.array([best[pair][2] for pair in found], pa.int64()),
        }
    )


def bestsellers(seen: Seen, given: Tables) -> pa.Table:
    """Twin of r1_bestsellers.sql's last SELECT: what most people took, less what a case has."""
    best = _best(seen, given["model_bestsellers"])
    there, length = set(_had(seen)), seen.ask.list_length
    found: list[tuple[Any, Any, float | None]] = []
    for person in given["cases"]["person"].to_pylist():
        mine: list[tuple[Any, Any, float | None]] = []
        for item, takers in best:
            if len(mine) == length:
                break
            if (person, item) not in there:
                mine.append((person, item, takers))
        found += mine or [(person, None, None)]
    kinds = given["model_bestsellers"].schema.field("item").type
    return pa.table(
        {
            "person": pa.array(
                [row[0] for row in found], given["cases"].schema.field("person").type
            ),
            "item": pa.array([row[1] for row in found], kinds),
            "prediction": pa.array([row[2] for row in found], pa.float64()),
        }
    )


def ranked(seen: Seen, given: Tables) -> pa.Table:
    """Twin of lists.RANKED: a rung's own list, then the reference's, less what may not be shown."""
    may, there = _candidates(seen), set(_had(seen))
    mine = _by_person(given["answers"], may, there)
    usual = _by_person(given["reference"], may, there)
    cases = columns(given["cases"])
    out: list[tuple[Any, ...]] = []
    for nth, person in zip(cases["nth"], cases["person"], strict=True):
        own = mine.get(person, [])
        taken = {item for item, _ in own}
        more = [pair for pair in usual.get(person, []) if pair[0] not in taken]
        order: list[tuple[Any, float | None]] = [*sorted(own, key=_strongest)]
        order += [(item, None) for item, _ in sorted(more, key=_strongest)]
        order = order[: seen.ask.list_length]
        out += [(nth, person, item, said, place) for place, (item, said) in enumerate(order, 1)]
        if not order:
            out.append((nth, person, None, None, None))
    kinds = (pa.int64(), given["cases"].schema.field("person").type,
             given["answers"].schema.field("item").type, pa.float64(), pa.int64())  # fmt: skip
    names = ["nth", "person", "item", "prediction", "place"]
    return pa.table([pa.array([r[i] for r in out], kinds[i]) for i in range(5)], names=names)


def refused(seen: Seen, given: Tables) -> pa.Table:
    """Twin of lists.REFUSED: how many answers may not be shown."""
    may, there = _candidates(seen), Counter(_had(seen))
    n = 0
    for pair in _pairs(given["answers"]):
        if pair[1] is not None:
            n += max(there[pair], 1) if there[pair] or pair[1] not in may else 0
    return pa.table({"n": pa.array([n], pa.int64())})


def words(seen: Seen, given: Tables) -> pa.Table:
    """Twin of because.WORDS: the titles of the rows that an answer comes from."""
    items = {(person, row): item for person, item, _, row in _likes(seen)}
    titles, asked, out = _titles(seen), columns(given["asked"]), []
    for nth, place, person, row in zip(
        *(asked[n] for n in ("nth", "place", "person", "row")), strict=True
    ):
        if (person, row) in items:
            item = items[person, row]
            title = titles.get(item)
            out.append((nth, place, str(item) if title is None else title))
    out.sort(key=lambda row: row[:2])
    return pa.table(
        {
            "nth": pa.array([row[0] for row in out], pa.int64()),
            "title": pa.array([row[2] for row in out], pa.string()),
        }
    )


def titled(seen: Seen, given: Tables) -> pa.Table:
    """Twin of because.TITLED: the answers in order, with their titles."""
    titles, table = _titles(seen), given["table_"]
    said = [titles.get(item) for item in table["item"].to_pylist()]
    table = table.append_column("title", pa.array(said, pa.string()))
    places = table["place"].to_pylist()
    order = sorted(range(len(places)), key=lambda i: (places[i] is None, places[i]))
    return table if order == list(range(len(places))) else table.take(order)


def _likes(seen: Seen) -> list[Row]:
    liked = seen.ask.rules.liked

    def read() -> list[Row]:
        own = columns(seen.rows["interactions"])
        found = zip(*(own[n] for n in ("person", "item", "time", "row", "value")), strict=True)
        return [r[:4] for r in found if liked is None or (r[4] is not None and r[4] >= liked)]

    return seen.once("likes", read)


def _had(seen: Seen) -> list[Pair]:
    if seen.ask.rules.already_seen:
        return []
    return seen.once("had", lambda: _pairs(seen.rows["interactions"]))


def _pairs(table: pa.Table) -> list[Pair]:
    return list(zip(table["person"].to_pylist(), table["item"].to_pylist(), strict=True))


def _by_person(
    table: pa.Table, may: set[Any], there: set[Pair]
) -> dict[Any, list[tuple[Any, float]]]:
    """What each person may be shown of a table of answers, with how strongly."""
    found: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
    for pair, said in zip(_pairs(table), table["prediction"].to_pylist(), strict=True):
        if pair[1] in may and pair not in there:
            found[pair[0]].append((pair[1], said))
    return found


def _strongest(pair: tuple[Any, float]) -> tuple[float, Any]:
    return -pair[1], pair[0]


def _candidates(seen: Seen) -> set[Any]:
    return seen.ever(
        "candidates", lambda: set(seen.sql("select item from candidates")["item"].to_pylist())
    )


def _titles(seen: Seen) -> dict[Any, str]:
    def read() -> dict[Any, str]:
        found = columns(seen.sql(f"select item, {quoted('title')} as title from items"))
        return dict(zip(found["item"], found["title"], strict=True))

    return seen.ever("titles", read)


def _codes(seen: Seen, codes: pa.Table) -> dict[Any, int]:
    """Each item's place in the matrix; always the same items, so they are looked at once."""
    kept = seen.ever("codes", lambda: (codes, _code_of(codes)))
    return kept[1] if kept[0].equals(codes) else _code_of(codes)


def _code_of(codes: pa.Table) -> dict[Any, int]:
    return dict(zip(codes["item"].to_pylist(), codes["code"].to_pylist(), strict=True))


def _best(seen: Seen, best: pa.Table) -> list[tuple[Any, float]]:
    def read() -> list[tuple[Any, float]]:
        told = sorted(best.to_pylist(), key=lambda row: row["place"])
        return [(row["item"], float(row["takers"])) for row in told]

    return seen.ever("best", read)


def _numbered(cases: pa.Table) -> dict[Any, int]:
    return dict(zip(cases["person"].to_pylist(), cases["nth"].to_pylist(), strict=True))


def _date(time: Any) -> Any:
    return time.date() if isinstance(time, datetime) else time


TWINS: dict[str, Twin] = {
    named(ROWS): rows,
    named(SEEN): had,
    named(HIDDEN): hidden,
    named(LATEST): latest,
    named(RANKED): ranked,
    named(WORDS): words,
    named(REFUSED): refused,
    named(TITLED): titled,
    "ca434879f424a303": bestsellers,  # the last SELECT of r1_bestsellers.sql
}
