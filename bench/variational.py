"""The variational autoencoder: the likelihoods that it reaches, and what a step of it costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch

import aecore as ae
from aecore import views
from bench.peers import Peer
from bench.row import Row

EPOCH = 469
PLAIN = "data=mnist&method=vae&hidden=400&latent=20&batch=128&rate=1e-3&schedule=constant"
# SiLU and a rate that rises and falls gain two nats over ReLU and a constant rate in as many epochs.
BINARY = (
    "data=mnist&method=vae&hidden=200,200&latent=50&binarise=1&activation=silu&batch=128&rate=3e-3&schedule=one_cycle"
)
# Held-out digits behind the bound with 5,000 samples; that with 200 is of all ten thousand.
WEIGHED = 500
WIDTHS = (784, 400, 20, 400, 784)
PEERS = {"pythae_vae": "pythae", "keras_vae": "Keras on torch"}
GOALS = {128: {"pythae_vae": 2.5, "keras_vae": 3.0}, 32: {"pythae_vae": 2.5, "keras_vae": 2.5}}
# Of ours, whose first steps are the slower ones; a peer trains one epoch.
STEPS = 3000
DIGITS = 60_000
ROUNDS = 5


def run(_: Path) -> Iterator[Row]:
    """Measure the bounds, then the speed at two sizes of a batch."""
    yield from bounds()
    for batch in GOALS:
        yield from speed(batch)


def bounds() -> Iterator[Row]:
    """Train on grey values and on binary draws, and bound the held-out likelihood."""
    for epochs, goal in ((5, 108.5), (10, 106.0)):
        experiment = ae.Experiment.from_query(f"{PLAIN}&steps={epochs * EPOCH}")
        *_, last = ae.train(experiment, keyframes=())
        beside = f"distortion {last.scores['distortion']:.2f}, KL {last.scores['kl']:.2f}"
        yield Row(
            f"784-400-20 on grey MNIST, {epochs} epochs: test loss, one sample",
            last.scores["bound"],
            "nats",
            beside,
            goal,
        )
    experiment = ae.Experiment.from_query(f"{BINARY}&steps={40 * EPOCH}")
    *_, last = ae.train(experiment, keyframes=())
    model, x = ae.revive(experiment, last), experiment.data.load("test").inputs
    name = "784-200-200-50 on binary draws, 40 epochs"
    (every,) = views.importance_bound(model, experiment.method, x, (200,))
    yield Row(f"{name}: bound with k = 200", every, "nats", f"one sample {last.scores['bound']:.2f}", 92.5)
    few, many = views.importance_bound(model, experiment.method, x[:WEIGHED], (200, 5000))
    beside = f"k = 200 on the same digits {few:.2f}; Burda et al. (2016) report 86.76"
    yield Row(f"{name}: bound with k = 5,000, first {WEIGHED} digits", many, "nats", beside)


def speed(batch: int) -> Iterator[Row]:
    """Measure ours, the peers and the products in turn, so that a slow minute is slow for all."""
    with ExitStack() as stack:
        contestants: dict[str, Callable[[int], float]] = {
            "ours": lambda seed: ours(batch, seed),
            "products": lambda _: products(batch, DIGITS // batch),
        }
        contestants |= {name: stack.enter_context(Peer(name, WIDTHS, batch, DIGITS // batch)).race for name in PEERS}
        speeds: dict[str, list[float]] = {name: [] for name in contestants}
        for seed in range(ROUNDS):
            for name, race in contestants.items():
                speeds[name].append(race(seed))
    typical = {name: median(found) for name, found in speeds.items()}

    def ratio(name: str) -> float:
        return median(a / b for a, b in zip(speeds["ours"], speeds[name], strict=True))

    bound = f"{typical['ours']:,.0f} samples/s; products alone {typical['products']:,.0f}"
    yield Row(f"batch {batch}: of the bound of its products", ratio("products"), "×", bound)
    for name, goal in GOALS[batch].items():
        beside = f"{PEERS[name]} {typical[name]:,.0f} samples/s"
        yield Row(f"batch {batch}: training speed over {PEERS[name]}", ratio(name), "×", beside, goal, "at least")


def ours(batch: int, seed: int) -> float:
    """Train by :func:`aecore.train`."""
    *_, last = ae.train(ae.Experiment.from_query(f"{PLAIN}&batch={batch}&steps={STEPS}&seed={seed}"), keyframes=())
    return STEPS * batch / last.seconds


def products(batch: int, steps: int) -> float:
    """Multiply the matrices of a forward and a backward pass, and do nothing else."""
    code = WIDTHS.index(min(WIDTHS))
    halves = [(*WIDTHS[:code], 2 * WIDTHS[code]), WIDTHS[code:]]
    layers = [
        (torch.rand(batch, into), torch.rand(out, into), torch.rand(batch, out))
        for half in halves
        for into, out in pairwise(half)
    ]
    began = time.perf_counter()
    for _ in range(steps):
        for i, (x, weight, y) in enumerate(layers):
            torch.mm(x, weight.T)
            torch.mm(y.T, x)
            if i:
                torch.mm(y, weight)
    return steps * batch / (time.perf_counter() - began)
