"""Growth: how the cost rises with the batch, the width, the code, the points shown and the visitors, a curve each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from aecore import figures
from aecore.exports import NoBrowser, stills
from aecore.text import Say
from bench.browsed import serving
from bench.load import Visitor, crowd, warmed
from bench.races import trained
from bench.row import Row

QUERY = "data=mnist&net=mlp&rate=1e-3&schedule=constant&steps=400&hidden={hidden}&latent={latent}&batch={batch}"
USUAL = {"hidden": 512, "latent": 32, "batch": 128}
SIZES = {
    "batch": (32, 64, 128, 256, 512, 1024),
    "hidden": (64, 128, 256, 512, 1024, 2048),
    "latent": (2, 8, 32, 128, 512),
}
POINTS = (1_000, 5_000, 20_000, 70_000)
VISITORS, SECONDS = (1, 10, 25, 50), 60


def run(out: Path) -> Iterator[Row]:
    """Measure every curve, and draw it."""
    for name, sizes in SIZES.items():
        yield from curve(out, f"a step against {name}", "ms", sizes, lambda size, name=name: step(**{name: size}))
    yield from curve(out, "making a figure against its points", "ms", POINTS, drawn)
    yield from curve(out, "95 % of page switches against visitors", "s", VISITORS, visited)


def curve(out: Path, name: str, unit: str, sizes: Sequence[int], cost: Callable[[int], float]) -> Iterator[Row]:
    """Give a row for each size, its cost beside the smallest one's, and draw them all."""
    found: list[float] = []
    for size in sizes:
        found.append(cost(size))
        beside = f"{found[-1] / found[0]:.2f} × that of {sizes[0]:,}, of {size / sizes[0]:g} × the size"
        yield Row(f"{name}: {size:,}", found[-1], unit, beside)
    drawing = figures.lines(sizes, {name: found}, title=name, axes=("", unit), spread=True, log=True, say=Say("en"))
    out.mkdir(parents=True, exist_ok=True)
    try:
        stills({f"growth, {name}": drawing}, out, kinds=("svg",))
    except NoBrowser:
        return


def step(**sizes: int) -> float:
    """Return the milliseconds of a training step."""
    query = QUERY.format(**USUAL | sizes)
    batch = (USUAL | sizes)["batch"]
    return 1000 * batch / median(trained(query)(seed) for seed in range(3))


def drawn(points: int) -> float:
    """Return the milliseconds from codes to the figure that the browser gets."""
    chance = np.random.default_rng(0)
    places, labels = chance.normal(size=(points, 2)), chance.integers(10, size=points)
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        figures.cloud(places, labels, axes=("", ""), title="", say=Say("en")).to_json()
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)


def visited(count: int) -> float:
    """Return the seconds within which 95 % of page switches come, of so many who wander at once."""

    async def switches(url: str) -> list[Visitor]:
        await warmed(url)
        return await crowd(url, count, 0, SECONDS)

    with serving() as (url, _):
        waits = [wait for visitor in asyncio.run(switches(url)) for wait in visitor.waits]
    return quantiles(waits, n=20)[-1]
