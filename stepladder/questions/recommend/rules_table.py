"""What the business's rules took out, and what may be shown at all."""

from __future__ import annotations

import math

from stepladder.core.view import Section, Table, View
from stepladder.questions.recommend.rules import removed
from stepladder.questions.recommend.settings import Settings

MOST = 8  # values named of a rule

COUNTS = """
select count(*) as items, count(candidates.item) as may,
  count(*) filter (where candidates.item is not null and items.title is null) as untitled
from support left join candidates on support.item = candidates.item
  left join items on support.item = items.item
"""


def sections(view: View) -> list[Section]:
    """One table: all items, what each rule took out, and what is left."""
    rules, found = view.history.ask.settings, view.history.sql(COUNTS).to_pylist()[0]
    rows = [("items that anybody ever took", f"{found['items']:,}")]
    rows += [(_named(words, rules), f"−{n:,}") for words, n in removed(view.history)]
    rows.append(("may be shown", f"{found['may']:,}"))
    overlap = found["items"] - sum(n for _, n in removed(view.history)) != found["may"]
    return [
        Section(
            "What may be shown: your rules",
            " ".join(
                [
                    f"Of {found['items']:,} items {found['may']:,} may be shown, today. The rules are yours, "
                    "the same for every rung, and stand under [recommend] in question.toml.",
                    *(["An item may fall under several rules."] if overlap else []),
                    *_sentences(rules, found["untitled"]),
                ]
            ),
            table=Table(("Rule", "Items"), tuple(rows), ("Rule",)),
        )
    ]


def _named(words: str, rules: Settings) -> str:
    """The rule with the values it names."""
    kind, _, column = words.rpartition(" by ")
    values = {"excluded": rules.exclude, "not included": rules.include}.get(kind, {}).get(column)
    if not values:
        return words
    more = f" and {len(values) - MOST} more" if len(values) > MOST else ""
    return f"{words}: {', '.join(map(str, values[:MOST]))}{more}"


def _sentences(rules: Settings, untitled: int) -> list[str]:
    """What the rules say beyond counts."""
    said = [
        "What a person has already may be shown again."
        if rules.already_seen
        else "What a person has already is not shown to them again, and taking it again does not count."
    ]
    if rules.liked is not None:
        said.append(f"Only values of {_plain(rules.liked)} or more count as liking.")
    said += [f"A list holds at most {n} of one {column}." for column, n in rules.at_most.items()]
    if untitled:
        have = "has no title and is" if untitled == 1 else "have no title and are"
        said.append(f"{untitled:,} of the items that may be shown {have} named by number.")
    return said


def _plain(value: float) -> str:
    return f"{value:.0f}" if math.isclose(value, round(value)) else f"{value:g}"
