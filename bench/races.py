"""Races: several ways to train the same net, in turn, so that a slow minute is slow for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

import torch
from torch import nn

import aecore as ae


class Raced(NamedTuple):
    """Samples a second of every contestant, a number a round."""

    speeds: dict[str, list[float]]

    def typical(self, name: str) -> float:
        """Return the median over the rounds."""
        return median(self.speeds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return how many times as fast one is as another, the median over rounds of the ratio in each."""
        return median(a / b for a, b in zip(self.speeds[name], self.speeds[other], strict=True))


def raced(contestants: Mapping[str, Callable[[int], float]], rounds: int) -> Raced:
    """Let every contestant train once a round, each from the round's seed."""
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for seed in range(rounds):
        for name, race in contestants.items():
            speeds[name].append(race(seed))
    return Raced(speeds)


def trained(query: str) -> Callable[[int], float]:
    """Return the contestant that trains by :func:`aecore.train`."""

    def race(seed: int) -> float:
        experiment = ae.Experiment.from_query(f"{query}&seed={seed}")
        *_, last = ae.train(experiment, keyframes=())
        return experiment.fit.steps * experiment.fit.batch / last.seconds

    return race


def products(query: str, steps: int) -> Callable[[int], float]:
    """Return the bound: the matrix products of a forward and a backward pass through the same layers, nothing else."""
    experiment = ae.Experiment.from_query(query)
    batch = experiment.fit.batch
    layers = [
        (torch.rand(batch, layer.in_features), torch.rand_like(layer.weight), torch.rand(batch, layer.out_features))
        for layer in experiment.build().modules()
        if isinstance(layer, nn.Linear)
    ]

    def race(_: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            multiply(layers)
        return steps * batch / (time.perf_counter() - began)

    return race


@torch.no_grad()
def multiply(layers: Sequence[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> None:
    """Multiply inputs ``(n, in)``, weights ``(out, in)`` and gradients ``(n, out)`` as one step does."""
    for i, (x, weight, y) in enumerate(layers):
        torch.mm(x, weight.T)
        torch.mm(y.T, x)
        if i:
            torch.mm(y, weight)
