"""Where replays may stand: what an error allows is what it then takes."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from stepladder.core.cutoffs import cutoffs
from stepladder.core.errors import Problem

FIRST = date(2024, 1, 1)


def stand(days: int, horizon: int, mature: int = 0, asked=()):
    now, span = FIRST + timedelta(days), timedelta(horizon + mature)
    return cutoffs(asked, now, FIRST, span, mature=mature)


@pytest.mark.parametrize("mature", [0, 1, 40])
@pytest.mark.parametrize("days", [1, 3, 4, 8, 163, 164, 373])
def test_the_horizon_of_a_remedy_is_the_longest_that_is_taken(days, mature):
    with pytest.raises(Problem) as caught:
        stand(days, 300, mature)
    given, allowed, remedy = caught.value.parts()
    assert f"of 300 days{f' and {mature}' if mature else ''}" in given
    typed = re.search(r"horizon = (\d+)` or less", remedy)
    if not typed:
        assert remedy == "bring more history"
        assert "too little" in allowed
    most = int(typed[1]) if typed else 0
    assert not typed or f"{most} days at most" in allowed
    for horizon in {1, most} if typed else ():
        assert len(stand(days, horizon, mature)) >= 2
    with pytest.raises(Problem, match=r"too little for any|at most"):
        stand(days, most + 1, mature)


def test_the_cutoffs_of_a_remedy_are_taken():
    with pytest.raises(Problem) as caught:
        stand(364, 91, asked=(date(2024, 2, 1), date(2024, 9, 1)))
    said = re.search(r"between (\S+) and (\S+)", caught.value.remedy)
    assert len(stand(364, 91, asked=tuple(map(date.fromisoformat, said.groups())))) == 2
    with pytest.raises(Problem, match="at most"):  # no two cutoffs have room here
        stand(363, 91, asked=(date(2024, 7, 1), date(2024, 10, 1)))
