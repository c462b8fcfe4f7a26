"""question.toml: what is wrong is named with its line and key, in three parts."""

from __future__ import annotations

import pytest

from stepladder.core.errors import Problem
from stepladder.questions.question_toml import load, parse

GOOD = 'question = "retention"\nhorizon = "13 weeks"\n'
SHOWN = 'question = "recommend"\nhorizon = 7\n[recommend.exclude]\n'


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
            'write 0.02, or "2 %"',
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
        (GOOD + "costs = 5", "line 3: key `costs` is 5", "correct"),
        (
            GOOD + "[prices]\nmargin = 0.3\ncost = inf",
            "line 5: key `prices.cost` is inf",
            "correct",
        ),
        (GOOD + "[costs]\nhour_price = nan", "line 4: key `costs.hour_price` is nan", "correct"),
        (GOOD + 'timezone = "UTC"', "line 3: key `timezone` is not known", "remove it"),
        (
            GOOD + 'record = "postgresql://ann:hush@host/db"',
            "line 3: key `record` has a password",
            "PGPASSWORD",
        ),
        (
            GOOD + '[tables.purchases]\ncleaned = "x"\nsource = "postgresql://a:hush@h/d?table=o"',
            "line 5: key `tables.purchases.source` has a password",
            "PGPASSWORD",
        ),
        (SHOWN + "year = [true]", "line 4: key `recommend.exclude.year.0` is True", "correct"),
        (SHOWN + "year = [nan]", "line 4: key `recommend.exclude.year.0` is nan", "correct"),
        (SHOWN + f"year = [1{'0' * 400}]", "line 4: key `recommend.exclude.year.0`", "correct"),
        (SHOWN + 'kind = "tea"', "line 4: key `recommend.exclude.kind` is 'tea'", "correct"),
    ],
)
def test_what_is_wrong_is_named(text, given, remedy, monkeypatch):
    monkeypatch.setenv("STEPLADDER_RECORD", "sqlite:///elsewhere.db")
    with pytest.raises(Problem) as caught:
        parse(text)
    assert given in caught.value.given
    assert remedy in caught.value.remedy
    assert all(caught.value.parts())
    assert "hush" not in str(caught.value)


PRICED = f"{GOOD}[prices]\nmargin = 0.25\ncost = 4\n"
SLIPS = {  # what is typed, and what its error says: where it is, and what to do
    f"{GOOD}\n[price]\nmargin = 0.25\ncost = 4": ("line 4: section [price]", "mean [prices]?"),
    f"{GOOD}\nprice.margin = 0.25": ("line 4: section [price]", "mean [prices]?"),
    f'{GOOD}["Prices"]  # [money]\nmargin = 1': ("line 3: section [Prices]", "mean [prices]?"),
    f"{GOOD}[kpi.calls]\nsql = 'select 1'": ("line 3: section [kpi]", "mean [kpis]?"),
    f"{GOOD}margin = 0.25": ("line 3: key `margin`", "belongs in [prices]"),
    f"{GOOD}contacts = 500": ("line 3: key `contacts`", "belongs in [prices]"),
    f"{GOOD}[retention]\nmargin = 1": ("line 4: key `retention.margin`", "belongs in [prices]"),
    f"{GOOD}[watch]\nshrink = 0.2": ("line 4: key `watch.shrink`", "belongs in [nightly]"),
    f"{PRICED}good_enough = 0.1": ("line 6: key `prices.good_enough`", "belongs at the top"),
    f"{SHOWN}[exclude]\nyear = [1]": ("line 4: section [exclude]", "mean [recommend.exclude]?"),
    f"{GOOD}[prices]\nmargin = 25\ncost = 4": ("`prices.margin` is 25", 'write 0.25, or "25 %"'),
    f"{GOOD}good_enough = 10": ("`good_enough` is 10", 'write 0.1, or "10 %"'),
    f"{GOOD}[nightly]\nshrink = 20": ("`nightly.shrink` is 20", "write 0.2"),
    f"{GOOD}[nightly]\nlost = 2": ("`nightly.lost` is 2", "write 0.02"),
    f'{PRICED}spend = "2000 GBP"': ("`prices.spend` is '2000 GBP'", "write 2000, without 'GBP'"),
    f'{PRICED}decisions_per_year = "12"': ("is '12'", "write 12, without quotes"),
    f'{PRICED}contacts = "200 %"': ("`prices.contacts` is '200 %'", "correct"),
    f"{PRICED}contacts = true": ("`prices.contacts` is True", "correct"),
    f"{PRICED}spend = 3": ("[prices] says margin = 0.25, cost = 4, spend = 3", "correct"),
    f"{GOOD}[prices]\nmargin = 0.25": ("`prices.cost` is missing", "`cost = …` below [prices]"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), SLIPS.items())
def test_a_slip_is_told_with_what_was_meant(text, said):
    with pytest.raises(Problem) as caught:
        parse(text)
    for part, words in zip((caught.value.given, caught.value.remedy), said, strict=True):
        assert words in part


def test_shares_are_read_as_people_write_them():
    def prices(line, margin="0.25"):
        text = f"{GOOD}[prices]\nmargin = {margin}\ncost = 4\n{line}"
        return parse(text).settings.prices

    assert {prices("", written).margin for written in ("0.25", '"25%"', '"25 %"', '"0.25"')} == {
        0.25
    }
    assert parse(f'{GOOD}good_enough = "10,5 %"').good_enough == 0.105
    assert prices('contacts = "500"').places(4338) == 500
    assert prices("contacts = 0.5").places(4338) == prices('contacts = "50 %"').places(4338) == 2169


def test_a_folder_without_a_question_says_how_to_begin(tmp_path):
    with pytest.raises(Problem, match="stepladder new QUESTION --from FILE"):
        load(tmp_path / "question.toml")


def test_a_file_that_is_not_utf_8_is_said_with_its_line(tmp_path):
    path = tmp_path / "question.toml"
    path.write_bytes(GOOD.encode() + 'words = "Wer kauft für mich?"'.encode("cp1252"))
    with pytest.raises(Problem, match="line 3: this is not UTF-8"):
        load(path)
