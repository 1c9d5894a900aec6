"""A run in a warm worker, read as a page reads it."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import aecore as ae
from aecore.jobs import LocalExecutor
from bench.row import Row

QUERY = "data=mnist&net=mlp&hidden=512,256&latent=30&steps=1000&batch=128&rate=0.003"
ROUNDS = 3


def run(_: Path) -> Iterator[Row]:
    """Measure in one process what a page sees of another."""
    experiment = ae.Experiment.from_query(QUERY)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        executor = LocalExecutor(ae.Runs(Path(folder)), workers=1)
        (cold,) = executor.submit([experiment.vary(seed=100)])
        wait(lambda: bool(cold.history))
        yield Row("from starting a worker to its first snapshot", time.perf_counter() - began, "s", goal=5)

        wait(lambda: len(cold.history) > 10)
        began = time.perf_counter()
        cold.cancel()
        wait(lambda: cold.state.is_final)
        yield Row("from Stop to stopped", time.perf_counter() - began, "s", goal=0.5)

        firsts, paces, costs = [], [], []
        for seed in range(ROUNDS):
            began = time.perf_counter()
            (watched,) = executor.submit([experiment.vary(seed=seed)])
            wait(lambda watched=watched: bool(watched.history))
            firsts.append(time.perf_counter() - began)
            wait(lambda watched=watched: watched.state.is_final)
            spent = time.perf_counter() - began
            paces.append(len(watched.history) / spent)
            began = time.perf_counter()
            list(ae.train(experiment.vary(seed=10 + seed), keyframes=()))
            costs.append(spent / (time.perf_counter() - began) - 1)
        yield Row("from submit to the first snapshot, warm", median(firsts), "s", goal=1)
        yield Row("snapshots a second", median(paces), "/s", goal=4, better="at least")
        yield Row("slower for being recorded live", 100 * median(costs), "%", "the same run without snapshots", 10)

        (doomed,) = executor.submit([experiment.vary(seed=200)])
        wait(lambda: len(doomed.history) > 5)
        began = time.perf_counter()
        os.kill(executor.pids[0], signal.SIGKILL)
        wait(lambda: executor.state(doomed).stage == "failed")
        yield Row("from a worker's death to a failed run", time.perf_counter() - began, "s", goal=2)
        executor.close()


def wait(until: Callable[[], bool], seconds: float = 120) -> None:
    """Look fifty times a second until something is so: looking takes its share of the cores too."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(until)
        time.sleep(0.02)
