"""Training speed: samples a second of every method at three sizes of a batch, of peers, and of its products alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.peers import Peer
from bench.races import Raced, products, raced, trained
from bench.row import Row

DEEP = (784, 512, 256, 30, 256, 512, 784)
ONE = (784, 256, 784)
WIDE = (784, 400, 20, 400, 784)
USUAL = "plain", "a plain DataLoader loop"
# By method: its net, its query, and the peers that have the method, each with the words for it.
METHODS: dict[str, tuple[tuple[int, ...], str, dict[str, str]]] = {
    "undercomplete": (
        DEEP,
        "method=undercomplete",
        {
            "pythae_ae": "pythae",
            "keras_ae": "Keras on torch",
            "scikit_learn": "scikit-learn's MLPRegressor",
        },
    ),
    "denoising": (DEEP, "method=denoising", {}),
    "contractive": (ONE, "method=contractive", {}),
    "sparse": (ONE, "method=sparse&rule=kl", {}),
    "vae": (WIDE, "method=vae&activation=relu", {"pythae_vae": "pythae", "keras_vae": "Keras on torch"}),
    "beta_vae": (WIDE, "method=beta_vae&variant=beta&beta=4&activation=relu", {"pythae_vae": "pythae"}),
}
# Steps of a race by size of a batch: enough for what is done once in a run to weigh as little as it does in use.
STEPS = {32: 1800, 128: 900, 512: 400}
ROUNDS = 3
# Goals by what ours is divided by, and at which sizes; the products' is of the largest net alone.
GOALS = {"products": 0.7, "plain": 1.5, "pythae_ae": 3.0, "pythae_vae": 3.0, "keras_vae": 2.5}
ONLY = {"products": {("undercomplete", 128)}, "plain": {("undercomplete", 128)}}


def run(_: Path, part: str = "") -> Iterator[Row]:
    """Measure every method, or one, ours and its peers in turn."""
    for method in [part] if part else METHODS:
        for batch in STEPS:
            yield from rows(method, batch)


def rows(method: str, batch: int) -> Iterator[Row]:
    """Measure one method at one size of a batch."""
    widths, _, known = METHODS[method]
    peers = dict([USUAL]) | known
    found = race(method, batch, peers)
    name = f"{method} {'-'.join(map(str, widths))}, batch {batch}"
    yield Row(f"{name}: training speed", found.typical("ours"), "samples/s")
    for other in ("products", *peers):
        words = "the bound of its products" if other == "products" else peers[other]
        asked = (method, batch) in ONLY.get(other, {(method, batch)})
        beside = f"{words} {found.typical(other):,.0f} samples/s"
        goal = GOALS.get(other) if asked else None
        yield Row(f"{name}: speed over {words}", found.ratio("ours", other), "×", beside, goal, "at least")


def race(method: str, batch: int, peers: dict[str, str]) -> Raced:
    """Let ours, its products alone and the peers train in turn."""
    widths, link, _ = METHODS[method]
    code, steps = widths.index(min(widths)), STEPS[batch]
    hidden = ",".join(map(str, widths[1:code]))
    net = f"net=mlp&hidden={hidden}&latent={widths[code]}"
    query = f"data=mnist&{link}&{net}&batch={batch}&rate=1e-3&schedule=constant&steps={steps}"
    with ExitStack() as stack:
        contestants: dict[str, Callable[[int], float]] = {"ours": trained(query), "products": products(query, steps)}
        for name in peers:
            contestants[name] = stack.enter_context(Peer(name, widths, batch, steps, method)).race
        return raced(contestants, ROUNDS)
