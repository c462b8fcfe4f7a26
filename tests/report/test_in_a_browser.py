"""The page as a reader sees it: nothing sticks out, nothing is fetched, and everything can be read."""

from __future__ import annotations

import pytest

CONTRAST = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = e => { for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c }
    return 'rgb(255, 255, 255)' }
  const worst = [21, '']
  for (const e of document.querySelectorAll('h1, h2, p, li, td, th, dt, dd, .tag, summary, svg text')) {
    const style = getComputedStyle(e), color = e.closest('svg') ? style.fill : style.color
    const pair = [light(color), light(behind(e))].sort((a, b) => b - a)
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05)
    if (ratio < worst[0]) { worst[0] = ratio; worst[1] = e.textContent.slice(0, 60) }
  }
  return worst
}"""
OUTSIDE = """() => [...document.querySelectorAll('.step *, article *, figure svg, p, li')]
  .filter(e => e.getClientRects().length && !e.closest('.scroll'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 120))"""
SHOWN = "() => [...document.querySelectorAll('{}')].filter(e => e.getClientRects().length).length"


@pytest.fixture(scope="module")
def address(page, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page, "utf-8")
    return path.as_uri()


@pytest.fixture
def open_page(browser, address):
    """Opens the page in a window of some width and scheme; fails on any message or fetch."""
    contexts, said = [], []

    def opened(width, scheme):
        contexts.append(browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme))  # fmt: skip
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: request.url == address or said.append(request.url))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_can_be_read(open_page, either, width, scheme):
    page = open_page(width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OUTSIDE) == []
    ratio, words = page.evaluate(CONTRAST)
    assert ratio >= 4.5, words
    drawn = page.evaluate(SHOWN.format("figure svg"))
    assert drawn == page.evaluate("document.querySelectorAll('figure').length") >= 3
    assert page.evaluate(SHOWN.format(".step:not(.head)")) == len(either[0].rungs)


def test_it_prints_in_a_dozen_pages(open_page):
    pdf = open_page(1280, "light").pdf(format="A4")
    assert 4 <= pdf.count(b"/Type /Page\n") <= 14
