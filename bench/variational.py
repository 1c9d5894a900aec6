"""The variational autoencoder: the likelihoods that it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aecore as ae
from aecore import views
from bench.row import Row

EPOCH = 469
PLAIN = "data=mnist&method=vae&hidden=400&latent=20&batch=128&rate=1e-3&schedule=constant"
# SiLU and a rate that rises and falls gain two nats over ReLU and a constant rate in as many epochs.
BINARY = (
    "data=mnist&method=vae&hidden=200,200&latent=50&binarise=1&activation=silu&batch=128&rate=3e-3&schedule=one_cycle"
)
# Held-out digits behind the bound with 5,000 samples; that with 200 is of all ten thousand.
WEIGHED = 500


def run(_: Path) -> Iterator[Row]:
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
