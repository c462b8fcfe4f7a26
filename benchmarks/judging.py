"""Cases an hour that a scripted person judges in a real browser, by keyboard alone.

    python benchmarks/judging.py --cases 100

The demo of retention (23,570 customers) before any bake-off; the person types a number and Enter, skips
and undoes now and then, and needs no time to think: what is left is what the app takes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn
from playwright.sync_api import Page, sync_playwright

import stepladder
from stepladder.pages.door import COOKIE
from stepladder.pages.house import house
from stepladder.record.entries import session
from stepladder.service import tokens
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf

SHOWN = "document.querySelector('[name=shown]')?.value"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    said = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        project = stepladder.try_out("retention", Path(folder) / "shop")
        token = tokens.new(project, "a scripted person", ["review"])
        shelf = Shelf.of(Path(folder))
        app = house(shelf, Limits(rate=0))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        at = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        took = judged(at, session(project.record, tokens.hashed(token)), said.cases)
        server.should_exit = True
        thread.join(20)
        shelf.put_away()
    middle, late = np.percentile(np.array(took) * 1000, [50, 95])
    print(
        f"{3600 * len(took) / sum(took):,.0f} cases an hour; a case takes {middle:.0f} ms, p95 {late:.0f} ms"
    )
    print(f"load average after: {os.getloadavg()[0]:.2f}")


def judged(at: str, secret: str, cases: int) -> list[float]:
    """Seconds of each case, from the first key until the next case is there."""
    own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        context = browser.new_context(base_url=at)
        context.add_cookies([{"name": COOKIE, "value": secret, "url": at}])
        page = context.new_page()
        page.goto("/q/shop/person")
        took = [_one(page, nth) for nth in range(cases)]
        browser.close()
    return took


def _one(page: Page, nth: int) -> float:
    before, begun = page.evaluate(SHOWN), time.perf_counter()
    if nth % 20 == 19:
        page.keyboard.press("s")
    else:
        page.keyboard.type(str(nth % 12))
        page.keyboard.press("Enter")
    page.wait_for_function(f"was => {SHOWN} && {SHOWN} !== was", arg=before)
    if nth % 20 == 10:
        again = page.evaluate(SHOWN)
        page.keyboard.press("z")
        page.wait_for_function(f"was => {SHOWN} && {SHOWN} !== was", arg=again)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
