"""Faults, counted: processes killed, disks full, files lost or cut; how many are survived, and how many results lost.

A fault is survived if afterwards a finished run still opens bit-equal, nothing half-written is read, no process is left
after five seconds, and the run that was under way comes to the bits that it comes to undisturbed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import torch

from aecore.experiment import Experiment
from aecore.jobs import InlineExecutor, LocalExecutor
from aecore.runs import Run, Runs
from bench.row import Row

ROOT = Path(__file__).parents[1]
# Long enough to be killed in the middle, some seconds.
LONG = Experiment.from_query("data=digits&net=mlp&hidden=64&latent=3&steps=3000&batch=64")
SMALL = Experiment.from_query("data=digits&net=linear&latent=3&steps=40&batch=64&rate=0.01")
# Seconds after which no process of a killed app may be left.
ORPHANED = 5.0
APP = """
import sys, time
from pathlib import Path
from aecore.experiment import Experiment
from aecore.jobs import LocalExecutor
from aecore.runs import Runs
executor = LocalExecutor(Runs(Path(sys.argv[1])), workers=1)
executor.submit([Experiment.from_query(sys.argv[2])])
print(*executor.pids, flush=True)
time.sleep(600)
"""
TRAINS = """
import sys
from pathlib import Path
from aecore.experiment import Experiment
from aecore.jobs import InlineExecutor
from aecore.runs import Runs
InlineExecutor(Runs(Path(sys.argv[1]))).submit([Experiment.from_query(sys.argv[2])])
"""


class Count(NamedTuple):
    """Faults of one kind: how many were tried and survived, and how many results were lost."""

    tried: int = 0
    survived: int = 0
    lost: int = 0

    def after(self, fault: bool, result: bool) -> Count:
        """Count one more, which was survived or not, and whose result is there or lost."""
        return Count(self.tried + 1, self.survived + (fault and result), self.lost + (not result))


def run(out: Path) -> Iterator[Row]:
    """Try every kind of fault."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        kinds: dict[str, Callable[[], Count]] = {
            "kill -9 of the worker": lambda: worker_killed(root / "worker", 20),
            "kill -9 of the app": lambda: app_killed(root / "app", 20),
            "disk full at each write": lambda: refused(root / "full", errno.ENOSPC),
            "read-only folder at each write": lambda: refused(root / "read_only", errno.EROFS),
            "clock set back": lambda: clock_set_back(root / "clock"),
            "a file removed": lambda: removed(root / "removed"),
            "a file cut": lambda: cut(root / "cut", 12),
            "two processes writing one key": lambda: written_twice(root / "twice", 3),
        }
        total = Count()
        for kind, count in kinds.items():
            found = count()
            total = Count(*map(sum, zip(total, found, strict=True)))
            yield Row(f"survived: {kind}", found.survived, "faults", f"{found.tried} tried", found.tried, "at least")
        yield Row("results lost", total.lost, "results", f"of {total.tried} faults", 0)


def weights(run: Run) -> dict[str, torch.Tensor] | None:
    """Return the weights of a run that is done, or nothing."""
    snapshot = run.snapshot() if run.state.stage == "done" else None
    return snapshot.weights if snapshot and snapshot.step == run.experiment.fit.steps else None


def equal(one: dict[str, torch.Tensor] | None, other: dict[str, torch.Tensor] | None) -> bool:
    """Whether two runs have come to the same bits."""
    if one is None or other is None or one.keys() != other.keys():
        return False
    return all(torch.equal(one[name], other[name]) for name in one)


def undisturbed(root: Path, experiment: Experiment) -> Run:
    """Return a run to compare with."""
    return InlineExecutor(Runs(root)).submit([experiment])[0]


def readable(run: Run) -> bool:
    """Whether all that is said to be there can be read, its steps in order."""
    steps = [event.step for event in run.history]
    kept = [run.snapshot(step) for step in run.steps if step in steps]
    return steps == sorted(set(steps)) and all(one is not None for one in kept)


def wait(until: Callable[[], bool], seconds: float = 300.0) -> bool:
    """Wait for something; return whether it came in time."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def lives(pid: int) -> bool:
    """Whether there is a process that is more than a name."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def worker_killed(
    root: Path, times: int, experiment: Experiment = LONG, *, within: float = 2.0, seed: int = 0
) -> Count:
    """Kill the worker at random moments of a run, which then goes on to its end."""
    chance, count = random.Random(seed), Count()
    true, finished = weights(undisturbed(root / "true", experiment)), undisturbed(root / "runs", SMALL)
    before = weights(finished)
    executor = LocalExecutor(Runs(root / "runs"), workers=1)
    try:
        for _ in range(times):
            executor.runs.discard(experiment)
            (run,) = executor.submit([experiment])
            wait(lambda run=run: run.state.stage == "running")
            time.sleep(chance.random() * within)
            os.kill(executor.pids[0], signal.SIGKILL)
            ended = wait(lambda run=run: executor.state(run).is_final) and readable(run)
            whole = equal(weights(Run(finished.folder)), before)
            executor.submit([experiment])
            wait(lambda run=run: run.state.is_final)
            count = count.after(ended and whole and readable(run), equal(weights(run), true))
    finally:
        executor.close()
    return count


def app_killed(root: Path, times: int, experiment: Experiment = LONG, *, within: float = 2.0, seed: int = 0) -> Count:
    """Kill the process that has the workers at random moments; another then goes on with the run."""
    chance, count = random.Random(seed), Count()
    true, finished = weights(undisturbed(root / "true", experiment)), undisturbed(root / "runs", SMALL)
    before, runs = weights(finished), Runs(root / "runs")
    for _ in range(times):
        runs.discard(experiment)
        command = [sys.executable, "-c", APP, str(runs.root), experiment.to_query()]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
            pids = [int(pid) for pid in app.stdout.readline().split()]
            run = runs.of(experiment)
            wait(lambda run=run: run.state.stage == "running")
            time.sleep(chance.random() * within)
            app.kill()
        gone = wait(lambda pids=pids: not any(map(lives, pids)), ORPHANED)
        fine = gone and run.state.is_final and readable(run) and equal(weights(Run(finished.folder)), before)
        InlineExecutor(runs).submit([experiment])
        count = count.after(fine and readable(run), equal(weights(run), true))
    return count


def refused(root: Path, trouble: int, experiment: Experiment = SMALL, every: int = 1) -> Count:
    """Let each write of a run fail in its middle, one after another; afterwards the run is asked for again."""
    true, count = weights(undisturbed(root / "true", experiment)), Count()
    finished = undisturbed(root / "runs", experiment.vary(seed=1))
    before, runs, place = weights(finished), Runs(root / "runs"), 0
    while True:
        runs.discard(experiment)
        with failing(place, trouble) as failed, contextlib.suppress(OSError):
            InlineExecutor(runs).submit([experiment])
        if not failed:
            return count
        run = runs.of(experiment)
        fine = run.state.stage != "done" and readable(run)
        whole = equal(weights(Run(finished.folder)), before)
        InlineExecutor(runs).submit([experiment])
        count = count.after(fine and whole and readable(run), equal(weights(run), true))
        place += every


@contextlib.contextmanager
def failing(place: int, trouble: int) -> Iterator[list[int]]:
    """Let the write with a number fail when half of it is written, and those that follow at once; give what failed."""
    written, failed = 0, []
    write_bytes, open_path = Path.write_bytes, Path.open

    def half(write: Callable[[bytes], int], content: bytes, path: Path) -> int:
        nonlocal written
        written += 1
        if written <= place:
            return write(content)
        if not failed:
            write(content[: len(content) // 2])
        failed.append(written)
        raise OSError(trouble, os.strerror(trouble), str(path))

    def write(path: Path, content: bytes) -> int:
        return half(partial(write_bytes, path), content, path)

    @contextlib.contextmanager
    def opened(path: Path, *mode: str, **more: str) -> Iterator[Any]:
        with open_path(path, *mode, **more) as file:
            yield mock.Mock(write=lambda line: half(file.write, line, path)) if mode == ("ab",) else file

    with mock.patch.object(Path, "write_bytes", write), mock.patch.object(Path, "open", opened):
        yield failed


def clock_set_back(root: Path, experiment: Experiment = SMALL) -> Count:
    """Let the clock go back by a day at every look."""
    true, now = weights(undisturbed(root / "true", experiment)), time.time()
    with mock.patch.object(time, "time", side_effect=(now - 86400 * i for i in range(10**6))):
        run = undisturbed(root / "runs", experiment)
    for path in run.folder.rglob("*"):
        os.utime(path, (now + 86400, now + 86400))
    kept = Runs(root / "runs").prune(10**9) == []
    return Count().after(kept and readable(Run(run.folder)), equal(weights(Run(run.folder)), true))


def removed(root: Path, experiment: Experiment = SMALL) -> Count:
    """Remove any one file of a finished run."""
    return _damaged(root, experiment, lambda size: [None])


def cut(root: Path, times: int, experiment: Experiment = SMALL, seed: int = 0) -> Count:
    """Cut any one file of a finished run, at its beginning, before its last byte, and at random."""
    chance = random.Random(seed)
    return _damaged(root, experiment, lambda size: {0, size - 1, *(chance.randrange(size) for _ in range(times))})


def _damaged(root: Path, experiment: Experiment, places: Callable[[int], Any]) -> Count:
    true = undisturbed(root / "true", experiment)
    before, count, runs = weights(true), Count(), Runs(root / "runs")
    moments = {step: true.snapshot(step).weights for step in true.steps}
    names = sorted(path.relative_to(true.folder) for path in true.folder.rglob("*") if path.is_file())
    for name in names:
        for place in places((true.folder / name).stat().st_size):
            runs.discard(experiment)
            shutil.copytree(true.folder, runs.root / experiment.key)
            run = runs.of(experiment)
            path = run.folder / name
            if place is None:
                path.unlink()
            else:
                os.truncate(path, place)
            _ = run.state, run.wishes, run.resumable(), run.baselines()
            found = {step: run.snapshot(step) for step in run.steps}
            honest = all(one is None or equal(one.weights, moments[step]) for step, one in found.items())
            InlineExecutor(runs).submit([experiment])
            count = count.after(honest, equal(weights(runs.of(experiment)), before))
    return count


def written_twice(root: Path, times: int, experiment: Experiment = LONG) -> Count:
    """Let two processes train one run into one folder at once."""
    true, count, runs = weights(undisturbed(root / "true", experiment)), Count(), Runs(root / "runs")
    for _ in range(times):
        runs.discard(experiment)
        command = [sys.executable, "-c", TRAINS, str(runs.root), experiment.to_query()]
        both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)]
        run, fine = runs.of(experiment), True
        while any(one.poll() is None for one in both):
            fine = fine and [event.step for event in run.history] == sorted({event.step for event in run.history})
            time.sleep(0.05)
        fine = fine and all(one.returncode == 0 for one in both) and readable(Run(run.folder))
        count = count.after(fine, equal(weights(run), true))
    return count
