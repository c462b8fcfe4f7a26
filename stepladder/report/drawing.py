"""Charts as still pictures: SVG in the page's own colours, wide for a desk and narrow for a phone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup, escape

WIDE, NARROW = 620, 290  # pixels, of the plot alone
# Vega wants colours it can parse; each stands for a CSS variable of the page and is replaced by it.
INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
ACCENT, ACTUAL, GOOD, WARN = "#050505", "#060606", "#070707", "#080808"
VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper",
    ACCENT: "accent", ACTUAL: "actual", GOOD: "good", WARN: "warn",
}  # fmt: skip
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # one that ships with the renderer


def figures(most: float) -> str:
    """How an axis that reaches so far writes its figures: 40k, 100, 0.25, never 1e+2."""
    return "~s" if most >= 1000 else ",~r"


class Drawn(NamedTuple):
    """One chart, twice."""

    wide: Markup
    narrow: Markup


def draw(chart: Callable[[int], Any], alt: str) -> Drawn:
    """Draw a chart at both widths; `alt` says what it shows."""
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):  # checking every part against Vega's schema takes longer than drawing
        return Drawn(_svg(chart(WIDE), alt), _svg(chart(NARROW), alt))


def _svg(chart: Any, alt: str) -> Markup:
    import vl_convert

    spec = chart.to_dict(validate=False)
    spec["config"] = {
        **THEME,
        **{k: v for k, v in spec.get("config", {}).items() if k not in THEME},
    }
    key = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    return _dressed(_renamed(vl_convert.vegalite_to_svg(spec), key), alt)


def _renamed(svg: str, key: str) -> str:
    """Ids of this chart's own: Vega counts them up over all that it ever drew."""
    names = dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))
    for i, name in enumerate(names):
        svg = svg.replace(f'id="{name}"', f'id="c{key}-{i}"').replace(f"#{name})", f"#c{key}-{i})")
    return svg


def _dressed(svg: str, alt: str) -> Markup:
    """Without what only screens readers of a live chart need; colours as variables; short figures."""
    svg = re.sub(
        r' (?:role|aria-[a-z]+|pointer-events|class|opacity)="(?:1|[^"]*[a-z ][^"]*)"', "", svg
    )
    svg = re.sub(r'<path d="" display="none"/>|<path d="M0,0h0v0h0Z"/>', "", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: _rounded(tag[0]), svg)  # never what is written between
    for colour, name in VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"var(--{name})"')
    svg = svg.replace(f'font-family="{FONT}"', "")
    head = f'<svg role="img" aria-label="{escape(alt)}" focusable="false"'
    return Markup(svg.replace("<svg", head, 1))  # drawn by Vega, which escapes text


def _rounded(tag: str) -> str:
    """The tag with places and sizes to a tenth of a pixel; an opacity keeps what it has."""
    return re.sub(
        r"(?<!opacity=\")\b\d+\.\d{2,}",
        lambda found: f"{float(found[0]):.1f}".removesuffix(".0"),
        tag,
    )


THEME = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "domainColor": GRID, "tickColor": GRID,
        "gridColor": GRID, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        "titlePadding": 8, "labelPadding": 5, "tickSize": 4,
    },
    "header": {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": "bold", "title": None},
    "legend": {
        "labelColor": INK, "titleColor": MUTED, "labelFontSize": 12, "orient": "top",
        "titleFontSize": 12, "symbolStrokeWidth": 2, "title": None, "labelLimit": 240, "columnPadding": 40,
    },
    "text": {"color": INK, "fontSize": 12},
    "title": {"color": INK, "fontSize": 13},
    "range": {"category": [ACCENT, ACTUAL, WARN, MUTED]},
    "rule": {"color": MUTED},
    "bar": {"color": ACCENT},
    "line": {"strokeWidth": 2},
    "style": {
        "forecast": {"color": ACCENT, "fill": ACCENT, "stroke": ACCENT},
        "actual": {"color": ACTUAL},
        "good": {"color": GOOD, "fill": GOOD},
        "quiet": {"color": MUTED},
        "warn": {"color": WARN},
    },
}  # fmt: skip
