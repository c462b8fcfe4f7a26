"""The business's rules: what may be shown, who has it already, and what they never touch."""

from __future__ import annotations

import pyarrow as pa
import pytest

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.questions.question_toml import parse
from stepladder.questions.recommend.rules import removed

from .conftest import CUTOFF

QUESTION = questions.load("recommend")


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("min_support = 1", [10, 11, 12, 13]),
        ("min_support = 2", [10, 12]),
        ('min_support = 1\nexclude = {genre = ["Comedy"]}', [10, 12]),
        ('min_support = 1\nexclude = {genre = ["Com"]}', [10, 11, 12, 13]),
        ('min_support = 1\ninclude = {genre = ["Comedy"]}', [11, 13]),
        ("min_support = 1\ninclude = {year = [1990, 2010.0]}", [10, 12, 13]),
        ('min_support = 1\nexclude = {genre = ["it\'s"]}', [10, 11, 12, 13]),
    ],
)
def test_what_may_be_shown(shop, rules, left):
    history = shop(rules).at(CUTOFF)
    assert history.sql("select item from candidates order by item")["item"].to_pylist() == left
    assert sum(n for _, n in removed(history)) >= 4 - len(left)


def test_an_item_that_the_table_of_items_lacks_may_be_shown_unless_something_is_asked_of_it(shop):
    later = shop("min_support = 1")
    assert 99 in later.sql("select item from candidates")["item"].to_pylist()
    asked = shop('min_support = 1\ninclude = {genre = ["Drama"]}')
    assert 99 not in asked.sql("select item from candidates")["item"].to_pylist()


def test_liking_and_having_are_two_things(shop):
    history = shop("liked = 4\nmin_support = 1").at(CUTOFF)
    likes = history.sql("select item from likes where person = 2")["item"].to_pylist()
    seen = history.sql("select item from seen where person = 2 order by item")["item"].to_pylist()
    assert (likes, seen) == ([10], [10, 12])
    again = shop("already_seen = true").at(CUTOFF)
    assert again.sql("select * from seen").num_rows == 0


@pytest.mark.parametrize(
    ("rules", "said", "remedy"),
    [
        ("min_support = 50", "of 7 items 0 were taken by 50 persons or more", "lower min_support"),
    ],
)
def test_rules_that_cannot_hold_are_refused_in_words(shop, rules, said, remedy):
    with pytest.raises(Problem) as caught:
        QUESTION.check(shop(rules))
    assert said in caught.value.given
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("min_support = 5", "nothing may be shown to anybody: of 4 items min_support = 5 leaves none"),
        (
            'min_support = 2\nexclude = {genre = ["Drama"]}',
            "nothing may be shown to anybody: of 4 items min_support = 2 leaves 2, exclude by genre "
            "leaves none",
        ),
        (
            "min_support = 1\ninclude = {year = [1990]}",
            "they have all 2 items that may be shown (already_seen = false): of 4 items include by year "
            "leaves 2",
        ),
        (
            "min_support = 2",
            "they have all 2 items that may be shown (already_seen = false): of 4 items min_support = 2 "
            "leaves 2",
        ),
        (
            "min_support = 1",
            "they have 2 of the 4 items that may be shown, and nothing speaks for the rest: of 4 items "
            "the rules take out none",
        ),
        (
            "liked = 5\nmin_support = 1",
            "they have 2 of the 4 items that may be shown, and too few people liked the rest "
            "(liked = 5): of 4 items the rules take out none",
        ),
    ],
)  # fmt: skip
def test_an_empty_list_says_which_rule_emptied_it(shop, rules, said):
    history = shop(rules).at(CUTOFF)  # person 2 has 10 and 12 by then
    answers = pa.table(
        {
            "person": pa.array([2, 4]),
            "item": pa.array([None, 10]),
            "place": [1.0, 1.0],
            "why": pa.nulls(2, pa.list_(pa.int64())),
        }
    )
    told = QUESTION.explain(history, answers, None).to_pylist()
    because = {row["person"]: row["because"] for row in told}
    assert because[2] == said
    assert because[4] != said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[rules]\nmin_support = 0", "rules.min_support"),
        ("[rules]\nmin_suport = 3", "did you mean `min_support`"),
        ('[rules]\nexclude = "Drama"', "rules.exclude"),
        ("k = 0", "key `k`"),
    ],
)
def test_a_wrong_rule_is_told_with_its_key(lines, said):
    with pytest.raises(Problem) as caught:
        parse(f'question = "recommend"\nhorizon = 28\n{lines}\n')
    assert said in f"{caught.value.given} {caught.value.remedy}"
