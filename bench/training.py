"""Training speed: samples a second of one net, of peers, and of its matrix products alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch

import aecore as ae
from bench.peers import Peer
from bench.row import Row

WIDTHS = (784, 512, 256, 30, 256, 512, 784)
BATCH = 128
# Enough for what is done once in a run, writing a step down, to weigh as little as it does in use.
STEPS = 900
ROUNDS = 3
QUERY = f"data=mnist&net=mlp&hidden=512,256&latent=30&batch={BATCH}&rate=1e-3&steps={STEPS}"
PEERS = {
    "plain": "plain DataLoader loop",
    "pythae_ae": "pythae",
    "keras_ae": "Keras on torch",
    "scikit_learn": "scikit-learn's MLPRegressor",
}


def run(_: Path) -> Iterator[Row]:
    """Measure ours, the peers and the products in turn, so that a slow minute is slow for all."""
    with ExitStack() as stack:
        contestants: dict[str, Callable[[int], float]] = {"ours": ours, "products": lambda _: products()}
        contestants |= {name: stack.enter_context(Peer(name, WIDTHS, BATCH, STEPS)).race for name in PEERS}
        speeds: dict[str, list[float]] = {name: [] for name in contestants}
        for seed in range(ROUNDS):
            for name, race in contestants.items():
                speeds[name].append(race(seed))
    typical = {name: median(found) for name, found in speeds.items()}

    def ratio(name: str) -> float:
        return median(a / b for a, b in zip(speeds["ours"], speeds[name], strict=True))

    bound = f"products alone {typical['products']:,.0f} samples/s"
    yield Row("training speed", typical["ours"], "samples/s", bound)
    yield Row("of the bound of its products", ratio("products"), "×", bound, 0.55, "at least")
    for name, words in PEERS.items():
        goal = 1.5 if name == "plain" else None
        yield Row(f"over {words}", ratio(name), "×", f"{words} {typical[name]:,.0f} samples/s", goal, "at least")


def ours(seed: int) -> float:
    """Train by :func:`aecore.train`."""
    *_, last = ae.train(ae.Experiment.from_query(f"{QUERY}&seed={seed}"), keyframes=())
    return STEPS * BATCH / last.seconds


def products() -> float:
    """Multiply the matrices of a forward and a backward pass, and do nothing else."""
    activations = [torch.rand(BATCH, width) for width in WIDTHS]
    weights = [torch.rand(out, into) for into, out in pairwise(WIDTHS)]
    began = time.perf_counter()
    for _ in range(STEPS):
        for i, weight in enumerate(weights):
            torch.mm(activations[i], weight.T)
            torch.mm(activations[i + 1].T, activations[i])
            if i:
                torch.mm(activations[i + 1], weight)
    return STEPS * BATCH / (time.perf_counter() - began)
