"""From tables to alarms: what moved is named, with the day, and the future changes nothing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from stepladder import questions
from stepladder.watch.drift import drift

from .conftest import END, shop

RETENTION = questions.load("retention")


def dearer(ago, value, customer, days):
    return days, value + 6.0 * (ago <= 14), customer


def test_quiet_weeks_are_quiet_and_a_shift_is_an_alarm(tmp_path):
    quiet = drift(shop(tmp_path), RETENTION, 0.8)
    assert {each.state for each in quiet.inputs} == {"quiet"}
    assert all(each.smallest is not None for each in quiet.inputs)
    found = drift(shop(tmp_path, change=dearer), RETENTION, 0.8).inputs
    assert [(i.words, i.state, i.since) for i in found if i.state != "quiet"] == [
        ("average value", "alarm", (END - timedelta(days=14)).isoformat())
    ]


def test_rows_that_fall_off_steeply_are_no_alarm_each_week(tmp_path):
    def fading(ago, value, customer, days):
        keep = np.random.default_rng(5).random(len(days)) < np.exp(-days / 120)
        return days[keep], value[keep], customer[keep]

    history = shop(tmp_path, rows=6000, change=fading)
    assert len(drift(history, RETENTION, 0.8).episodes) <= 1


def test_what_comes_later_changes_nothing(tmp_path):
    then = END - timedelta(days=28)
    assert drift(shop(tmp_path, change=dearer).at(then), RETENTION, 0.8) == drift(
        shop(tmp_path).at(then), RETENTION, 0.8
    )


def test_few_weeks_are_not_judged(tmp_path):
    found = drift(shop(tmp_path, weeks=20, change=dearer), RETENTION, 0.8)
    assert {each.state for each in found.inputs} == {"not judged"}
    assert "18 weeks of past so far" in found.inputs[0].sentence
    assert drift(shop(tmp_path).at(END - timedelta(weeks=80)), RETENTION, 0.8).inputs == ()
    assert drift(shop(tmp_path).at(END - timedelta(days=557)), RETENTION, 0.8).inputs == ()
