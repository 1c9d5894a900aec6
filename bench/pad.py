"""The latent pad in a real browser: frames under the pointer, the way of a snapshot to the picture, exactness."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import torch

import aecore as ae
from bench.browsed import SIZE, chromium, reach, serving
from bench.row import Row

QUERY = "data=mnist&net={net}&latent=20&steps=100000"
PLANE = "document.querySelector('.gargalo-pad-plane')"
SPELL = 3.0  # seconds for which the pointer moves
WATCHED = 12.0  # seconds for which a run is watched
CODES = 50

ARRIVALS = r"""
  const Plain = window.WebSocket;
  window.arrivals = [];
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        // A message to the pad, and one that names other weights than the last did.
        const [, address] = /[0-9a-f]-pad\W.*?(\/parcels\/\w+)/s.exec(new TextDecoder("latin1").decode(data)) ?? [];
        if (address && address !== window.latest) arrivals.push(performance.now());
        window.latest = address ?? window.latest;
      });
    }
  };
"""
WATCH = f"""() => {{
  window.drawn = [];
  let moved;
  {PLANE}.addEventListener("pointermove", (event) => (moved ??= event.timeStamp), true);
  new MutationObserver(() => {{
    drawn.push(performance.now() - (moved ?? performance.now()));
    moved = undefined;
  }}).observe({PLANE}, {{ attributes: true, attributeFilter: ["data-z"] }});
}}"""
IDLE = f"""() => new Promise((tell) => {{
  let frames = 0;
  const end = performance.now() + {1000 * SPELL};
  const count = () => (performance.now() < end ? ((frames += 1), requestAnimationFrame(count)) : tell(frames));
  requestAnimationFrame(count);
}})"""
DRAWS = """() => {
  const draws = performance.getEntriesByName("gargalo-pad-drawn").slice(1);
  const ends = draws.map(({ startTime, duration }) => startTime + duration);
  const waits = arrivals.map((at) => Math.min(...ends.filter((end) => end > at)) - at).filter(Number.isFinite);
  return [draws.map(({ duration }) => duration), waits];
}"""


def run(_: Path) -> Iterator[Row]:
    """Move over the pad of an untrained model, then of one in training."""
    with serving() as (url, _), chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(120_000)
        page.add_init_script(ARRIVALS)
        reach(page, f"{url}/vae?{QUERY.format(net='mlp')}")
        for net, name in (("mlp", "fully connected"), ("conv", "convolutional")):
            page.goto(f"{url}/vae?{QUERY.format(net=net)}")
            page.wait_for_function(f"{PLANE}?.dataset.z")
            difference = furthest(page, QUERY.format(net=net))
            yield Row(f"browser's decoder against torch's, {name}", difference, "", "largest of 50 codes", 1e-4)
            page.wait_for_timeout(3000)
            beside = f"{page.evaluate(IDLE) / SPELL:.0f} /s that the page at rest gets"
            waits = moving(page)
            frames = len(waits) / SPELL
            yield Row(f"frames a second while the pointer moves, {name}", frames, "/s", beside, 50, "at least")
            late = sorted(waits)[math.ceil(0.95 * len(waits)) - 1]
            beside = f"median {median(waits):.0f} ms; no server in the path"
            yield Row(f"from the pointer's move to the picture, {name}, p95", late, "ms", beside, 150)
        page.goto(f"{url}/vae?{QUERY.format(net='mlp')}")
        page.wait_for_function(f"{PLANE}?.dataset.z")
        page.locator(".st-key-train button").first.click()
        page.locator(".gargalo-pad-plane").scroll_into_view_if_needed()
        page.evaluate("() => (window.arrivals.length = 0)")
        page.wait_for_function("performance.getEntriesByName('gargalo-pad-drawn').length > 1")
        page.wait_for_timeout(1000 * WATCHED)
        own, waits = page.evaluate(DRAWS)
        for name, found in (("the pad's being told of it", own), ("the message's arrival in the browser", waits)):
            beside = f"largest of {len(found)}; median {median(found):.0f} ms"
            yield Row(f"a snapshot: from {name} to its picture", max(found), "ms", beside, 300)
        page.locator(".st-key-stop button").click()
        page.get_by_text("Stopped at step").wait_for()


def furthest(page, query: str) -> float:
    """Return the largest difference between what the page and what torch makes of random codes."""
    model = ae.Experiment.from_query(f"{query}&method=vae").build()
    z = torch.randn(CODES, model.n_latent, generator=torch.Generator().manual_seed(0))
    found = page.evaluate(f"codes => codes.map((z) => Array.from({PLANE}.decode(z)))", z.tolist())
    with torch.inference_mode():
        wanted = model.decode(z).flatten(1).numpy()
    return float(np.abs(np.array(found) - wanted).max())


def moving(page) -> list[float]:
    """Move the pointer in circles and return for every frame drawn how long the move had waited for it, in ms."""
    plane = page.locator(".gargalo-pad-plane")
    plane.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = plane.bounding_box()
    page.evaluate(WATCH)
    began = time.perf_counter()
    while (spent := time.perf_counter() - began) < SPELL:
        across, up = (0.5 + 0.4 * f(3 * spent) for f in (math.cos, math.sin))
        page.mouse.move(box["x"] + across * box["width"], box["y"] + up * box["height"])
    return page.evaluate("() => drawn")
