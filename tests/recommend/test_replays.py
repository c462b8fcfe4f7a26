"""How often the past is replayed."""

from __future__ import annotations

from dataclasses import replace

from stepladder.questions import recommend


def test_many_interactions_are_replayed_once_less(shop, monkeypatch):
    history = shop()
    weekly = replace(history, ask=history.ask.model_copy(update={"horizon": 7}))
    few = [str(each.past.now) for each in recommend.holdouts(weekly)]
    assert few == ["2024-02-02", "2024-02-09", "2024-02-16", "2024-02-23"]
    rows = weekly.sql("select count(*) as n from interactions")["n"][0].as_py()
    monkeypatch.setattr(recommend, "MANY", rows)
    assert len(list(recommend.holdouts(weekly))) == 4
    monkeypatch.setattr(recommend, "MANY", rows - 1)
    assert [str(each.past.now) for each in recommend.holdouts(weekly)] == few[1:]
