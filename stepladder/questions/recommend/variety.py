"""How much of the shelf is shown: the same few items to everybody, or something for each."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from stepladder.core.view import Section, View
from stepladder.questions.recommend import marked


def sections(view: View) -> list[Section]:
    """A bar per rung: how many different items its lists hold, of all that may be shown."""
    may = view.history.at(view.cutoff).sql("select count(*) as n from candidates")["n"][0].as_py()
    shown = {name: _different(view, name) for name in view.at_cutoff}
    if not may or not max(shown.values(), default=0):
        return []
    other = marked.other(view)
    said = f"“{view.labels[view.rung]}” shows {_of(shown[view.rung], may)}"
    if other != view.rung:
        said += f", “{view.labels[other]}” {_of(shown[other], may)}"
    rows = [{"rung": view.labels[name], "items": n} for name, n in shown.items()]
    return [
        Section(
            "How much of the shelf is shown",
            f"The different items in all the lists of the exam together, of {may:,} that may be shown. "
            f"{said}. A list that is right and names what nobody would have found alone is worth more "
            "than one that repeats the shop window.",
            lambda width: _picture(rows, width),
            f"Different items shown by each rung, of {may:,}. {said}.",
        )
    ]


def _different(view: View, rung: str) -> int:
    return int(pc.count_distinct(view.at_cutoff[rung]["item"].drop_null()).as_py())


def _of(items: int, may: int) -> str:
    share = 100 * items / may
    return f"{items:,} ({share:.0f} %)" if share >= 10 else f"{items:,} ({share:.1f} %)"


def _picture(rows: list[dict[str, Any]], width: int) -> Any:
    import altair as alt

    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("rung:N", sort=[row["rung"] for row in rows][::-1], title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=200),
                scale=alt.Scale(paddingInner=0.3)),
        x=alt.X("items:Q", title="different items", axis=alt.Axis(tickCount=5)),
    )  # fmt: skip
    text = base.mark_text(align="left", dx=5).encode(text=alt.Text("items:Q", format=","))
    return (base.mark_bar() + text).properties(width=width - 110, height=28 * len(rows))
