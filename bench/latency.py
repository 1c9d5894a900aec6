"""Seen latency in a real browser: from a move of each kind of control to the last picture that it changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from bench.browsed import SIZE, chromium, reach, serving
from bench.pad import PLANE, moving
from bench.row import Row
from bench.scrub import QUIET, STILL, WATCH

MOVES = 100
TRAINED = "steps=600"
BUSY = "undercomplete?steps=200000&seed={seed}"
SLIDERS = ".gargalo-sliders input"
# Notes when a slider in the browser is moved and when the picture beside it was drawn anew.
SLID = """() => {
  window.slid = [];
  const sliders = document.querySelector(".gargalo-sliders");
  let moved;
  sliders.addEventListener("input", (event) => (moved ??= event.timeStamp), true);
  new MutationObserver(() => {
    if (moved !== undefined) slid.push(performance.now() - moved);
    moved = undefined;
  }).observe(sliders, { attributes: true, attributeFilter: ["data-z"] });
}"""


class Control(NamedTuple):
    """A control of a page, and what moves it by one."""

    name: str
    page: str
    move: Callable


def along(name: str) -> Callable:
    """Return what moves a slider of the server one place, to and fro."""

    def move(page, number: int) -> None:  # type: ignore[no-untyped-def]
        page.locator(f".st-key-{name} input").first.focus()
        page.keyboard.press("ArrowLeft" if number // 6 % 2 else "ArrowRight")

    return move


def back(page, number: int) -> None:  # type: ignore[no-untyped-def]
    """Go through a run's moments, to and fro."""
    page.locator(".st-key-travel input").first.focus()
    page.keyboard.press("ArrowRight" if number // 6 % 2 else "ArrowLeft")


def click(page, number: int) -> None:  # type: ignore[no-untyped-def]
    """Click one of the filters."""
    box = page.locator(".st-key-filters .nsewdrag").first.bounding_box()
    chance = random.Random(number)
    page.mouse.click(box["x"] + chance.random() * box["width"], box["y"] + 0.5 * chance.random() * box["height"])


SERVER = (
    Control("test noise", f"denoising?{TRAINED}", along("test_noise")),
    Control("time slider", f"sparse?{TRAINED}", back),
    Control("click on a unit", f"sparse?{TRAINED}", click),
)


def run(_: Path) -> Iterator[Row]:
    """Measure every control while the server rests, then while two runs are trained."""
    with serving() as (url, _), chromium() as browser:
        first = browser.new_page(viewport=SIZE)
        reach(first, url)
        for control in SERVER:
            trained(first, f"{url}/{control.page}")
        first.close()
        yield from measured(browser, url, "at rest", (16, 150))
        busy = [browser.new_page() for _ in range(2)]
        for seed, page in enumerate(busy):
            page.goto(f"{url}/{BUSY.format(seed=seed)}")
            page.locator(".st-key-train button").click(timeout=120_000)
            page.locator(".st-key-stop button").wait_for()
            page.goto("about:blank")
        yield from measured(browser, url, "two trainings going on", (16, 250))


def trained(page, address: str) -> None:  # type: ignore[no-untyped-def]
    """Open a lesson and train its run unless it is."""
    page.goto(address)
    done = page.get_by_test_id("stProgress").get_by_text("Done")
    page.get_by_test_id("stProgress").wait_for(timeout=120_000)
    if not done.count():
        page.locator(".st-key-train button").click(timeout=120_000)
    done.wait_for(timeout=300_000)


def measured(browser, url: str, state: str, goals: tuple[int, int]) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    """Move every control a hundred times."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{url}/vae")
    page.wait_for_function(f"{PLANE}?.dataset.z", timeout=120_000)
    page.wait_for_timeout(3000)
    yield row("latent pad", state, moving(page), goals[0], 0)
    yield row("traversal by a slider", state, slid(page), goals[0], 0)
    for control in SERVER:
        trained(page, f"{url}/{control.page}")
        page.wait_for_timeout(3000)
        page.evaluate(WATCH.replace("'keydown'", "control").replace("() => {", "control => {"), kind(control))
        waits, size = moved(page, control)
        yield row(control.name, state, waits, goals[1], size)
    page.close()


def kind(control: Control) -> str:
    """Return the event that begins a move."""
    return "pointerdown" if control.move is click else "keydown"


def slid(page) -> list[float]:  # type: ignore[no-untyped-def]
    """Move a slider in the browser and return the milliseconds until its picture was drawn anew."""
    page.evaluate(SLID)
    page.locator(SLIDERS).first.focus()
    for number in range(MOVES):
        page.keyboard.press("ArrowLeft" if number // 6 % 2 else "ArrowRight")
        page.wait_for_timeout(30)
    return page.evaluate("() => slid")


def moved(page, control: Control) -> tuple[list[float], float]:  # type: ignore[no-untyped-def]
    """Return the milliseconds of every move until the last picture in sight, and the bytes that one brought."""
    sizes: list[float] = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda of: sizes.append(of["encodedDataLength"]))
    # What comes over the socket is told in base64.
    wire.on("Network.webSocketFrameReceived", lambda of: sizes.append(3 / 4 * len(of["response"]["payloadData"])))
    found = []
    for number in range(MOVES):
        control.move(page, number)
        page.wait_for_function(STILL, arg=1000 * QUIET, polling=50)
        found.append(page.evaluate("() => scrub.last - scrub.from"))
    wire.detach()
    return found, sum(sizes) / MOVES


def row(name: str, state: str, waits: list[float], goal: int, size: float) -> Row:
    """Return the row of a control."""
    beside = f"median {median(waits):.0f} ms of {len(waits)} moves" + (f"; {size / 1000:.0f} kB each" if size else "")
    return Row(f"{name}, {state}: to the picture, 95 %", quantiles(waits, n=20)[-1], "ms", beside, goal)
