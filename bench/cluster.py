"""A cluster on this machine: two hundred runs on eight workers, how soon a snapshot is seen, and how soon a run stops.

This machine has fewer cores than there are workers, so the workers' steps are simulated: each sleeps for as long as a
step takes. All else is what a cluster does: processes, tasks, stores, snapshots written, packed, brought and read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import aecore as ae
from aecore.jobs import InlineExecutor, frames
from aecore.jobs.cluster import ClusterExecutor, embedded
from aecore.runs import Run
from aecore.training import train
from bench.row import Row

WORKERS, RUNS = 8, 200
# Runs without a cluster before and after, since others use this machine as well.
ALONE = 5
# Seconds that a step of a small network takes, in a run of three seconds.
STEP = 1e-3
TINY = ae.Experiment.from_query("data=digits&net=mlp&hidden=64&latent=8&batch=64&steps=3000")
SEEN, STOPS = 150, 10


def dask_setup(_: object) -> None:
    """Have a worker that loads this file sleep instead of computing."""
    frames.train = slept  # type: ignore[assignment]


def slept(
    experiment: ae.Experiment, *, keyframes: Iterable[int], resume: ae.Snapshot | None = None
) -> Iterator[ae.Snapshot]:
    """Give the snapshot of a first real step again and again, each with the second at which it was given."""
    first = next(train(experiment, resume=resume))
    step = first.step
    for following in keyframes:
        following = min(following, experiment.fit.steps)
        time.sleep((following - step) * STEP)
        step = following
        yield replace(first, step=step, seconds=step * STEP, scores=first.scores | {"at": time.time()})
        if step == experiment.fit.steps:
            return


def run(_: Path) -> Iterator[Row]:
    """Measure on workers that are warm."""
    settings = {"preload": ["aecore.jobs.cluster", "bench.cluster"]}
    with tempfile.TemporaryDirectory() as place, embedded(WORKERS, silence=300, **settings) as cluster:
        executor = ClusterExecutor(ae.Runs(Path(place)), cluster.scheduler_address)
        awaited(executor.submit([TINY.vary(seed=10**6 + seed, steps=200) for seed in range(4 * WORKERS)]))
        yield spread(executor)
        yield from watched(executor)
        executor.close()


def spread(executor: ClusterExecutor) -> Row:
    """Return the parallel efficiency of a sweep: one worker's seconds, over eight, over what eight take."""
    alone = [seconds_alone(TINY.vary(seed=10**7 + seed)) for seed in range(ALONE)]
    began = time.perf_counter()
    runs = executor.submit([TINY.vary(seed=seed) for seed in range(RUNS)])
    awaited(runs)
    took = time.perf_counter() - began
    alone += [seconds_alone(TINY.vary(seed=10**7 + ALONE + seed)) for seed in range(ALONE)]
    assert {run.state.stage for run in runs} == {"done"}
    ideal, asleep = (RUNS * each / WORKERS for each in (median(alone), TINY.fit.steps * STEP))
    name = f"A sweep of {RUNS} runs of {TINY.fit.steps * STEP:.0f} s on {WORKERS} workers whose steps sleep: efficiency"
    beside = f"took {took:.1f} s; one after another without a cluster, over {WORKERS}: {ideal:.1f} s; "
    return Row(name, ideal / took, "", beside + f"their sleep alone, over {WORKERS}: {asleep:.1f} s", 0.85, "at least")


def seconds_alone(experiment: ae.Experiment) -> float:
    """Return what one such run takes here, its folder written, without a cluster."""
    computed, frames.train = frames.train, slept  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory() as place:
            began = time.perf_counter()
            InlineExecutor(ae.Runs(Path(place))).submit([experiment])
            return time.perf_counter() - began
    finally:
        frames.train = computed


def watched(executor: ClusterExecutor) -> Iterator[Row]:
    """Measure how soon what a worker has made is seen, and how soon it stops."""
    long = TINY.vary(steps=100_000)
    ages: list[float] = []
    stops = []
    for turn in range(STOPS):
        (run,) = executor.submit([long.vary(seed=turn)])
        known = 0
        while known < SEEN // STOPS:
            history = run.history
            if len(history) > known and run.snapshot(history[-1].step):
                ages += [time.time() - event.scores["at"] for event in history[known:]]
                known = len(history)
            time.sleep(0.01)
        began = time.perf_counter()
        run.cancel()
        awaited([run])
        stops.append(time.perf_counter() - began)
    beside = f"median {quantiles(ages, n=2)[0]:.2f} s, largest {max(ages):.2f} s of {len(ages)}"
    yield Row(
        "From a snapshot on a worker to its weights read by the app, 95th percentile", p95(ages), "s", beside, 1.0
    )
    beside = f"median {quantiles(stops, n=2)[0]:.2f} s of {STOPS}"
    yield Row("From a stop to the run's end as the app reads it, longest", max(stops), "s", beside, 2.0)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(values, n=20)[-1]


def awaited(runs: list[Run]) -> None:
    """Wait until runs have ended."""
    while not all(run.state.is_final for run in runs):
        time.sleep(0.02)
