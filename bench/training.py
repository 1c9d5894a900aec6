"""Training speed: samples a second of one net, of peers, and of its matrix products alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import aecore as ae
from bench.row import Row

SIZES = (784, 512, 256, 30, 256, 512, 784)
BATCH = 128
STEPS = 150
ROUNDS = 7
QUERY = f"data=mnist&net=mlp&hidden=512,256&latent=30&batch={BATCH}&rate=1e-3&steps={STEPS}"


def run(_: Path) -> Iterator[Row]:
    """Measure ours, the plain loop and the products in turn, so that a slow minute is slow for all."""
    x = ae.Experiment.from_query(QUERY).data.load("train").inputs.flatten(1)
    contestants: dict[str, Callable[[int], float]] = {
        "ours": ours,
        "plain": lambda seed: plain(x, seed),
        "products": lambda _: products(),
    }
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for seed in range(ROUNDS):
        for name, race in contestants.items():
            speeds[name].append(race(seed))
    typical = {name: median(found) for name, found in speeds.items()}
    beside = f"plain DataLoader loop {typical['plain']:,.0f}, products alone {typical['products']:,.0f} samples/s"
    yield Row("training speed", typical["ours"], "samples/s", beside)
    over_plain = median(a / b for a, b in zip(speeds["ours"], speeds["plain"], strict=True))
    yield Row("over the plain DataLoader loop", over_plain, "×", beside, 1.5, "at least")
    of_bound = median(a / b for a, b in zip(speeds["ours"], speeds["products"], strict=True))
    yield Row("of the bound of its products", of_bound, "×", beside, 0.55, "at least")
    sklearn = scikit_learn(x)
    yield Row(
        "over scikit-learn's MLPRegressor", typical["ours"] / sklearn, "×", f"MLPRegressor {sklearn:,.0f} samples/s"
    )


def ours(seed: int) -> float:
    """Train by :func:`aecore.train`."""
    *_, last = ae.train(ae.Experiment.from_query(f"{QUERY}&seed={seed}"), keyframes=())
    return STEPS * BATCH / last.seconds


def plain(x: torch.Tensor, seed: int) -> float:
    """Train the same net as most tutorials do: a DataLoader that shuffles, Adam, a backward pass."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for i, (wide, narrow) in enumerate(pairwise(SIZES)):
        layers += [nn.Linear(wide, narrow), nn.Identity() if i == 2 else nn.Sigmoid() if i == 5 else nn.SiLU()]
    net = nn.Sequential(*layers)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    batches = iter(DataLoader(TensorDataset(x), BATCH, shuffle=True, drop_last=True))
    next(batches)
    began = time.perf_counter()
    for _ in range(STEPS):
        (rows,) = next(batches)
        loss = nn.functional.mse_loss(net(rows), rows, reduction="sum") / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return STEPS * BATCH / (time.perf_counter() - began)


def products() -> float:
    """Multiply the matrices of a forward and a backward pass, and do nothing else."""
    activations = [torch.rand(BATCH, size) for size in SIZES]
    weights = [torch.rand(out, into) for into, out in pairwise(SIZES)]
    began = time.perf_counter()
    for _ in range(STEPS):
        for i, weight in enumerate(weights):
            torch.mm(activations[i], weight.T)
            torch.mm(activations[i + 1].T, activations[i])
            if i:
                torch.mm(activations[i + 1], weight)
    return STEPS * BATCH / (time.perf_counter() - began)


def scikit_learn(x: torch.Tensor) -> float:
    """Train scikit-learn's perceptron of the same widths on part of an epoch."""
    import warnings

    from sklearn.neural_network import MLPRegressor

    rows = x[: BATCH * 40].numpy()
    peer = MLPRegressor(hidden_layer_sizes=SIZES[1:-1], batch_size=BATCH, max_iter=1, learning_rate_init=1e-3)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(rows, rows)
    return len(rows) / (time.perf_counter() - began)
