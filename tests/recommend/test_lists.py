"""From a rung's answers to lists, and from lists to a loss: each counted by hand."""

from __future__ import annotations

from math import log2

import pyarrow as pa
import pytest

from stepladder import questions
from stepladder.core.predictions import check
from stepladder.questions.recommend.replays import holdout

from .conftest import CUTOFF

QUESTION = questions.load("recommend")


def answers(rows, cases) -> pa.Table:
    table = pa.Table.from_pylist(
        [dict(zip(("person", "item", "prediction"), row, strict=True)) for row in rows],
        schema=pa.schema(
            [("person", pa.int64()), ("item", pa.int64()), ("prediction", pa.float64())]
        ),
    )
    return check(table, QUESTION, cases)


def lists(history, given, bestsellers) -> tuple[dict[int, list[int]], int, int]:
    past = history.at(CUTOFF)
    cases = pa.table({"person": sorted({row[0] for row in given})})
    usual = [(person, item, float(-i)) for person in cases["person"].to_pylist()
             for i, item in enumerate(bestsellers)]  # fmt: skip
    done = QUESTION.complete(answers(given, cases), lambda: answers(usual, cases), past, cases)
    found: dict[int, list[int]] = {}
    for row in done.predictions.to_pylist():
        found.setdefault(row["person"], []).append(row["item"])
    return found, done.nulls, done.floored


def test_short_lists_are_filled_and_what_may_not_be_shown_is_taken_out(shop):
    given = [
        (1, 13, 0.1), (1, 11, 0.9), (1, 77, 0.8),  # 11 is seen, 77 unknown
        (2, None, None),
        (3, 11, 0.5),
        (4, 10, 0.1), (4, 11, 0.3), (4, 13, 0.2), (4, 12, 1.0),
    ]  # fmt: skip
    found, nulls, refused = lists(shop(), given, [10, 12, 13, 11])
    assert found == {1: [13, 12], 2: [13, 11], 3: [11], 4: [11, 13, 10]}
    assert (nulls, refused) == (1, 3)


def test_at_most_so_many_of_a_kind(shop):
    given = [(4, 10, 0.9), (4, 11, 0.8), (4, 13, 0.7)]
    found, *_ = lists(shop("min_support = 1\nat_most = {genre = 1}"), given, [10, 11, 13])
    assert found == {4: [10, 13]}  # 11 is Comedy and Drama


def test_somebody_who_has_everything_gets_an_empty_list(shop):
    history = shop("min_support = 1\ninclude = {year = [2000]}")
    assert lists(history, [(1, 11, 1.0), (2, 11, 1.0)], [11])[0] == {1: [None], 2: [11]}
    capped = shop("min_support = 1\ninclude = {year = [2000]}\nat_most = {year = 1}")
    assert lists(capped, [(1, 11, 1.0), (2, 11, 1.0)], [11])[0] == {1: [None], 2: [11]}


def test_who_is_asked_and_what_counts(shop):
    """Persons known, one stranger, and the late-comer; what they took counts as it should."""
    history = shop()
    made = holdout(history.at(CUTOFF), history, "report")
    assert made.cases["person"].to_pylist() == [1, 2, 3, 4, -1]
    assert made.newcomers.cases["person"].to_pylist() == [8]
    rows = made.newcomers.rows["interactions"]
    assert rows["item"].to_pylist() == [10, 11, 12, 13, 14]
    assert max(rows["time"].to_pylist()).date() < CUTOFF
    past = made.past.plus(**made.newcomers.rows)
    cases = pa.concat_tables([made.cases, made.newcomers.cases])
    came = per_case(QUESTION.outcome(past, made.later, cases), cases)
    # 1 took 12 anew (10 they had); 2 took 13; strangers took 6 and 2; the late-comer one more
    assert came == [1, 1, 0, 0, 8, 1]


@pytest.mark.parametrize("again", [False, True])
def test_the_loss_is_one_minus_ndcg(shop, again):
    history = shop(f"min_support = 1\nalready_seen = {str(again).lower()}")
    made = holdout(history.at(CUTOFF), history, "report")
    past = made.past.plus(**made.newcomers.rows)
    cases = pa.concat_tables([made.cases, made.newcomers.cases])
    given = [(1, 13, 3.0), (1, 12, 2.0), (2, 13, 1.0), (3, None, None), (4, 10, 1.0),
             (-1, 12, 2.0), (-1, 10, 1.0), (8, 10, 1.0)]  # fmt: skip
    table = answers(given, cases)
    full = QUESTION.complete(table, lambda: table, past, cases).predictions
    found = QUESTION.loss(full, past, made.later, cases).to_pylist()
    second, whole = 1 / log2(3), 1 + 1 / log2(3) + 1 / log2(4)
    # a stranger's list is 12, 10: 8 took both of three that count, 9 took 12 and one nobody knew
    strangers = {8: 1 - (1 + second) / whole, 9: 1 - 1 / (1 + second)}
    first = 1 - second if not again else 1 - second / (1 + second)  # 10 again, if it counts
    own = {1: first, 2: 0.0, 8: 1.0}
    expected = sorted([*strangers.items(), *own.items()])
    for row, (person, loss) in zip(
        sorted(found, key=lambda row: (row["person"], row["loss"])), expected, strict=True
    ):
        assert row["person"] == person
        assert row["loss"] == pytest.approx(loss)


def test_rules_never_filter_the_truth(shop):
    some, all_ = shop("min_support = 3"), shop("min_support = 1")
    for history in (some, all_):
        made = holdout(history.at(CUTOFF), history, "report")
        came = QUESTION.outcome(made.past, made.later, made.cases)
        assert per_case(came, made.cases) == [1, 1, 0, 0, 8]


def per_case(came: pa.Table, cases: pa.Table) -> list[int]:
    """How much of what came is each case's."""
    assert came.column_names == ["person", "item", "actual"]
    counted = came.group_by("person").aggregate([("actual", "sum")]).to_pylist()
    found = {row["person"]: row["actual_sum"] for row in counted}
    return [found.get(person, 0) for person in cases["person"].to_pylist()]


def test_a_bad_list_is_refused(shop):
    from stepladder.core.errors import Problem

    cases = pa.table({"person": [1, 2]})
    for rows, said in (
        ([(1, 10, 1.0)], "missing"),
        ([(1, 10, 1.0), (1, 10, 0.5), (2, 10, 1.0)], "doubled"),
        ([(1, 10, 1.0), (2, 10, 1.0), (5, 10, 1.0)], "invented"),
        ([(1, 10, None), (2, 10, 1.0)], "but no prediction"),
    ):
        with pytest.raises(Problem, match=said):
            answers(rows, cases)
