"""question.toml: what is wrong is named with its line and key, in three parts."""

from __future__ import annotations

import pytest

from stepladder.core.ask import load, parse
from stepladder.core.errors import Problem

GOOD = 'question = "retention"\nhorizon = "13 weeks"\n'


def test_words_and_numbers_mean_the_same():
    assert parse(GOOD).horizon == parse('question = "retention"\nhorizon = 91').horizon == 91
    assert parse(GOOD + 'good_enough = "5 %"').good_enough == 0.05
    assert parse(GOOD + "[costs.upkeep_hours]\n4 = 10").costs.upkeep(4) == 10


@pytest.mark.parametrize(
    ("text", "given", "remedy"),
    [
        (GOOD + "horizn = 3", "line 3: key `horizn` is not known", "did you mean `horizon`?"),
        (
            GOOD + "[prices]\nmargin = 2\ncost = 1",
            "line 4: key `prices.margin` is 2",
            "correct the value",
        ),
        (
            GOOD + '[prices]\nmargin = "x"\ncost = 1',
            "line 4: key `prices.margin` is 'x'",
            "correct",
        ),
        (
            GOOD + "[prices]\nmargn = 0.3\ncost = 1",
            "line 4: key `prices.margn`",
            "did you mean `margin`?",
        ),
        ('question = "retention"\nhorizon = "soon"', "line 2: key `horizon` is 'soon'", "correct"),
        ('question = "retention"', "key `horizon` is missing", "add a line `horizon = …`"),
        (GOOD + "seed = \n", "line 3", "mend that line"),
        (GOOD + "good_enough_money = 100", "there are no [prices]", "add [prices]"),
        (GOOD + "cutoffs = 3", "line 3: key `cutoffs` is 3", "correct"),
        ('[question]\nname = "x"\n', "key `question` is", "correct"),
    ],
)
def test_what_is_wrong_is_named(text, given, remedy):
    with pytest.raises(Problem) as caught:
        parse(text)
    assert given in caught.value.given
    assert remedy in caught.value.remedy
    assert all(caught.value.parts())


def test_a_folder_without_a_question_says_how_to_begin(tmp_path):
    with pytest.raises(Problem, match="stepladder new retention --from FILE"):
        load(tmp_path / "question.toml")
