"""Going back in time in a real browser: from moving the slider to the last picture on the screen that changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from bench.browsed import SIZE, chromium, reach, serving
from bench.row import Row

LESSONS = {
    "undercomplete": "steps=600",
    "denoising": "steps=600",
    "contractive": "steps=600",
    "sparse": "steps=600",
}
MOVES = 12  # along the slider; once to moments not seen before, then twice over those
QUIET = 0.6  # seconds without a picture after which the last one has come

# Notes when a key reaches the slider and when each picture was last drawn.
WATCH = """() => {
  window.scrub = {from: 0, last: 0};
  addEventListener('keydown', () => { scrub.from = performance.now(); scrub.last = 0; }, true);
  for (const plot of document.querySelectorAll('.js-plotly-plot'))
    plot.on("plotly_afterplot", () => {
      const { top, bottom } = plot.getBoundingClientRect();
      if (bottom > 0 && top < innerHeight) scrub.last = performance.now();
    });
}"""
STILL = "quiet => scrub.last && performance.now() - scrub.last > quiet"


def run(_: Path) -> Iterator[Row]:
    """Train a short run of each lesson and move the slider through it."""
    with serving() as (url, _), chromium() as browser:
        for lesson, query in LESSONS.items():
            page = browser.new_page(viewport=SIZE)
            opened(page, f"{url}/{lesson}?{query}")
            new = moves(page, "ArrowLeft")
            known = moves(page, "ArrowRight") + moves(page, "ArrowLeft")
            for name, found in (("new", new), ("known", known)):
                beside = f"median {1000 * median(found):.0f} ms of {len(found)} moves"
                late = 1000 * quantiles(found, n=20)[-1]
                yield Row(f"{lesson}: slider to last picture, {name} moments, 95 %", late, "ms", beside, 100)
            page.close()


def opened(page, address: str) -> None:  # type: ignore[no-untyped-def]
    """Open a lesson and train its run to the end."""
    reach(page, address)
    page.locator(".st-key-train button").click(timeout=120_000)
    page.get_by_test_id("stProgress").get_by_text("Done").wait_for(timeout=300_000)
    page.evaluate(WATCH)
    page.locator(".st-key-travel input[type=range], .st-key-travel [role=slider]").first.focus()


def moves(page, key: str) -> list[float]:  # type: ignore[no-untyped-def]
    """Move the slider and return the seconds that each move took."""
    found = []
    for _ in range(MOVES):
        page.keyboard.press(key)
        page.wait_for_function(STILL, arg=1000 * QUIET, polling=50)
        found.append(page.evaluate("() => scrub.last - scrub.from") / 1000)
    return found
