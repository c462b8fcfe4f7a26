"""The endless stream: nothing twice, the same with the same seed, and it wanders."""

from __future__ import annotations

from stepladder.questions.recommend.radio import radio


def near(items) -> list[int]:
    """Whoever likes some numbers likes those near the latest ones."""
    middle = sum(items[-3:]) / len(items[-3:])
    return sorted(range(100), key=lambda i: (abs(i - middle), i))[:30]


def test_it_never_repeats_and_is_the_same_twice():
    played = radio(near, [50], seed=3, n=40)
    assert len(set(played)) == 40
    assert 50 not in played
    assert played == radio(near, [50], seed=3, n=40)
    assert played != radio(near, [50], seed=4, n=40)


def test_it_ends_where_nothing_is_left():
    assert sorted(radio(lambda _: [1, 2, 3], [2], seed=1, n=9)) == [1, 3]
