"""The latent explorer: how long a UMAP takes, the first time and after, and how fluently many points are moved."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.browsed import SIZE, chromium, reach, serving
from bench.row import Row

POINTS = 5000
MANY = 70_000
SPELL = 3.0  # seconds of panning
DRAWN = """points => {
  const box = document.querySelector('.st-key-scatter .js-plotly-plot');
  return box?._fullData && box._fullData.reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0) === points;
}"""
# From the moment at which the figure has reached the browser: what comes before it is measured apart.
WATCH = """points => {
  window.watched = {};
  const look = () => {
    const plot = document.querySelector('.st-key-scatter .gargalo-plot');
    const box = plot?.querySelector('.js-plotly-plot');
    if (plot?.plotState?.address && !window.watched.came) window.watched.came = performance.now();
    const drawn = box?._fullData?.reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0) === points;
    if (drawn && box.calcdata?.length) window.watched.drawn = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""
PAN = """async seconds => {
  const layer = document.querySelector('.st-key-scatter .nsewdrag'), at = layer.getBoundingClientRect();
  const send = (target, kind, x, y) => {
    const at = { bubbles: true, cancelable: true, view: window, button: 0, buttons: 1, clientX: x, clientY: y };
    target.dispatchEvent(new PointerEvent(`pointer${kind}`, at));
    target.dispatchEvent(new MouseEvent(`mouse${kind}`, at));
  };
  const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
  send(layer, 'down', x, y);
  const began = performance.now();
  let frames = 0;
  while (performance.now() - began < 1000 * seconds) {
    send(document, 'move', x + 80 * Math.sin(frames / 10), y + 60 * Math.cos(frames / 10));
    await new Promise(requestAnimationFrame);
    frames += 1;
  }
  send(document, 'up', x, y);
  return frames / seconds;
}"""


def run(_: Path) -> Iterator[Row]:
    """Lay codes of the shipped run out, then draw and move many of them in a browser."""
    yield from laid_out()
    yield from moved()


def laid_out() -> Iterator[Row]:
    """Time UMAP in the process that the pages use, cold and warm."""
    from aecore import gallery
    from aecore.jobs import Projector
    from aecore.views import Projection

    experiment = gallery.experiment_of("home")
    shipped = gallery.run_of(experiment)
    assert shipped is not None
    projector = Projector()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for seed, (name, goal) in enumerate((("the first time", 20), ("after", 6))):
                wanted = Projection(kind="umap", points=POINTS, projection_seed=seed)
                began, before = time.perf_counter(), busy(projector.pid)
                wish = projector.ask(experiment, shipped, experiment.fit.steps, wanted, Path(folder) / wanted.key)
                told = set()
                while not wish.is_final:
                    told.add(wish.share)
                    time.sleep(0.01)
                assert wish.stage == "done", wish
                took = time.perf_counter() - began
                beside = f"{busy(projector.pid) - before:.1f} s of processor time; {len(told)} shares told"
                yield Row(f"UMAP of {POINTS:,} codes, {name}", took, "s", beside, goal)
    finally:
        projector.close()


def busy(pid: int | None) -> float:
    """Return the processor seconds that a process has used."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def moved() -> Iterator[Row]:
    """Time the drawing of all of MNIST's codes, and count frames while they are panned."""
    with serving() as (url, _), chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(120_000)
        reach(page, f"{url}/explorer?points=300&colour=label")
        page.wait_for_function(DRAWN, arg=300)
        for name in ("first", "again"):
            # The first time the codes of all have to be computed too.
            page.goto("about:blank")
            began = time.perf_counter()
            page.goto(f"{url}/explorer?points={MANY}&colour=label")
            page.evaluate(WATCH, MANY)
            page.wait_for_function("() => window.watched.drawn", polling=20)
            whole = time.perf_counter() - began
            drawn = page.evaluate("() => (window.watched.drawn - window.watched.came) / 1000")
            beside = f"{whole:.1f} s from the address to the picture"
            yield Row(f"{MANY:,} points drawn in the browser, {name}", drawn, "s", beside, 3)
        page.wait_for_timeout(3000)
        page.locator(".st-key-scatter .nsewdrag").first.scroll_into_view_if_needed()
        gl = page.evaluate("() => Boolean(document.createElement('canvas').getContext('webgl'))")
        beside = "WebGL in software" if gl else "no WebGL"
        yield Row(f"{MANY:,} points panned", page.evaluate(PAN, SPELL), "frames/s", beside, 30, "at least")
