"""A sweep's small runs trained together, against the same runs one after another, and how far they lie apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import aecore as ae
from aecore.training import alike, train_together
from bench.row import Row

DIGITS = "data=digits&net=mlp&hidden=64&latent=8&batch=64&steps=600"
RUNS = 16
ROUNDS = 3
SWEEPS: dict[str, dict[str, Sequence[float | int]]] = {
    "method=undercomplete": {"seed": range(RUNS)},
    "method=vae": {"seed": range(RUNS)},
    "method=denoising": {"level": (0.1, 0.3, 0.5, 0.7), "seed": range(RUNS // 4)},
    "method=sparse&rule=kl": {"rho": (0.02, 0.05, 0.1, 0.2), "seed": range(RUNS // 4)},
    "method=beta_vae&variant=btcvae": {"beta": (1.0, 2.0, 4.0, 8.0), "seed": range(RUNS // 4)},
}


def run(_: Path) -> Iterator[Row]:
    """Measure both ways in turn, by the clock on the wall, all that a run needs included."""
    for method, ranges in SWEEPS.items():
        experiments = ae.Experiment.from_query(f"{DIGITS}&{method}").sweep(**ranges)
        assert alike(experiments) == [experiments]
        list(ae.train(experiments[0].vary(steps=2)))
        found = [both(experiments) for _ in range(ROUNDS)]
        ratios = [apart / together for apart, together, _ in found]
        beside = f"one after another {median(apart for apart, _, _ in found):.2f} s"
        beside += f", together {median(together for _, together, _ in found):.2f} s"
        name = f"{method.removeprefix('method=').replace('&', ', ')}, {RUNS} runs of {experiments[0].fit.steps} steps"
        yield Row(f"{name}: together over one after another", median(ratios), "×", beside, 3, "at least")
        yield Row(f"{name}: largest difference", max(away for *_, away in found), "", "weights and scores", 1e-5)


def both(experiments: Sequence[ae.Experiment]) -> tuple[float, float, float]:
    """Return the seconds of one after another, those of together, and the largest difference of a number."""
    began = time.perf_counter()
    alone = [list(ae.train(experiment))[-1] for experiment in experiments]
    between = time.perf_counter()
    *_, together = train_together(experiments)
    ended = time.perf_counter()
    away = max(difference(*pair) for pair in zip(alone, together, strict=True))
    return between - began, ended - between, away


def difference(one: ae.Snapshot, other: object) -> float:
    """Return by how much any weight or score of two snapshots differs."""
    if not isinstance(other, ae.Snapshot):
        return float("inf")
    weights = [float((tensor - other.state[name]).abs().max()) for name, tensor in one.weights.items()]
    return max(*weights, *(abs(score - other.scores[name]) for name, score in one.scores.items()))
