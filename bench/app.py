"""The app in a real browser: how soon it answers, and what it weighs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench.browsed import SIZE, chromium, reach, serving
from bench.row import Row

LESSON = "undercomplete?steps=100000&seed={seed}"
DRAWN = "() => (document.querySelector('.st-key-error .js-plotly-plot')?._fullData ?? []).some(t => t.x?.length > 0)"

COUNT = """() => {
  const chart = document.querySelector('.st-key-error .js-plotly-plot');
  window.seen = new Set();
  chart.on('plotly_afterplot', () => window.seen.add(Math.max(...chart._fullData.map(t => t.x?.length ?? 0))));
}"""
SPELL = 8  # seconds
GROWTH = 5.0  # megabytes in five seconds


def run(_: Path) -> Iterator[Row]:
    """Start the app as `make run` does and use it as a visitor does."""
    with chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        began = time.perf_counter()
        with serving() as (url, pid):
            reach(page, url)
            page.locator(".gargalo-flow image").first.wait_for()
            yield Row("from `streamlit run` to an interactive home page", time.perf_counter() - began, "s", goal=5)
            time.sleep(3)
            yield Row("resident: the app and one idle worker", resident(pid), "MB", goal=600)

            page.get_by_text("Lessons").first.click()
            began = time.perf_counter()
            page.get_by_role("menuitem").nth(1).click()
            page.locator(".st-key-rows .main-svg").first.wait_for()
            yield Row("a page switch, to the lesson, the first", time.perf_counter() - began, "s", goal=1)
            for order, name in ((0, "home"), (1, "the lesson")):
                page.get_by_text("Lessons").first.click()
                began = time.perf_counter()
                page.get_by_role("menuitem").nth(order).click()
                page.locator(".gargalo-flow image" if order == 0 else ".st-key-rows .main-svg").first.wait_for()
                yield Row(f"a page switch, to {name}, later", time.perf_counter() - began, "s", goal=1)

            for seed, (name, goal) in enumerate((("first after start", 5), ("warm", 1))):
                page.goto(f"{url}/{LESSON.format(seed=seed)}")
                page.locator(".st-key-train button").click()
                began = time.perf_counter()
                page.wait_for_function(DRAWN, polling=20)
                yield Row(f"from Train to a live picture, {name}", time.perf_counter() - began, "s", goal=goal)
                if seed:
                    yield from watched(page, browser, pid, url)
                page.locator(".st-key-stop button").click()
                page.get_by_text("Stopped at step").wait_for()


def watched(page, browser, pid: int, url: str) -> Iterator[Row]:
    """Count the pictures that reach the browser, and weigh five more visitors who watch."""
    # Counted by the page itself: asking it often would take the cores' time.
    page.evaluate(COUNT)
    time.sleep(SPELL)
    shown = page.evaluate("() => window.seen.size")
    yield Row("live pictures a second in the browser", shown / SPELL, "/s", "", 4, "at least")
    alone = settled(pid)
    visitors = [browser.new_page() for _ in range(5)]
    for visitor in visitors:
        visitor.goto(page.url)
        # Six browsers and a training share the machine's cores here.
        visitor.locator(".st-key-rows .main-svg").first.wait_for(timeout=180_000)
    beside = f"five more beside one, {alone:.0f} MB in all"
    yield Row("resident for each further visitor who watches", (settled(pid) - alone) / 5, "MB", beside, 30)
    for visitor in visitors:
        visitor.close()


def settled(pid: int) -> float:
    """Return the resident megabytes once what is kept for all visitors grows no more, after a minute in any case."""
    before, now = 0.0, resident(pid)
    for _ in range(12):
        if now - before < GROWTH:
            break
        time.sleep(5)
        before, now = now, resident(pid)
    return now


def resident(pid: int) -> float:
    """Return the resident megabytes of a process and its children, the pages that they share counted once."""
    children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()
    rollups = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (pid, *children)]
    return sum(int(re.search(r"Pss:\s+(\d+)", text)[1]) / 1000 for text in rollups)  # type: ignore[index]
