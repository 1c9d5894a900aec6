"""The local executor: warm worker processes on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO, cast

from aecore.datasets import files
from aecore.experiment import Experiment
from aecore.jobs import limits
from aecore.jobs.executor import LEFT, grouped, place_of
from aecore.runs import Run, Runs, State, Wishes, birth_of, lives

ROOT = Path(__file__).parents[2]

# A worker that dies this often in a row without finishing anything is not started again unasked.
DEATHS = 3
# Threads of a worker, at most: small networks have no use for more.
MOST = 4


def surroundings(temporary: str) -> dict[str, str]:
    """Return what a worker's environment says beside this process's: where the library and the visitors' files are.

    Parameters
    ----------
    temporary : str
        A folder of its own for temporary files.
    """
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {"PYTHONPATH": path, "TMPDIR": temporary, "GARGALO_UPLOADS": str(files.uploads())}


class LocalExecutor:
    """Gives runs to worker processes that are started before anybody needs them.

    Parameters
    ----------
    runs : Runs
        Where the runs are kept.
    workers : int, optional
        Number of processes; by default one, or two from four cores on. They share the cores but one, which is the
        page's and the browser's: two threads on two cores that others want too take twice as long as one (measured).
    """

    def __init__(self, runs: Runs, workers: int | None = None) -> None:
        self.runs = runs
        self._troubles: dict[str, State] = {}
        self._lock = threading.Lock()
        cores = os.cpu_count() or 2
        count = workers or (1 if cores < 4 else 2)
        self.threads = min(max((cores - 1) // count, 1), MOST)
        self._workers = [_Worker(self) for _ in range(count)]

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers."""
        return [worker.process.pid for worker in self._workers]

    def submit(
        self,
        experiments: Sequence[Experiment],
        *,
        wishes: Wishes | None = None,
        background: bool = False,
        together: bool = False,
    ) -> list[Run]:
        """Hand the experiments to the least busy workers; see :class:`~aecore.jobs.executor.Executor`."""
        with self._lock:
            left = [experiment for experiment in experiments if self.runs.of(experiment).state.stage in LEFT]
            for group in grouped(left, together=together):
                for experiment in group:
                    self._troubles.pop(experiment.key, None)
                worker = min(self._workers, key=lambda worker: len(worker.assigned))
                worker.take(group, wishes, background)
        return [self.runs.of(experiment) for experiment in experiments]

    def state(self, run: Run) -> State:
        """Return where a run stands, even if its folder could not be written."""
        return self._troubles.get(run.key) or run.state

    def place(self, run: Run) -> int:
        """Return a run's place in the line of its worker; see :class:`~aecore.jobs.executor.Executor`."""
        return max(place_of(run, worker.line(), self.state) for worker in self._workers)

    def close(self) -> None:
        """Let the workers keep what they have reached, and end them."""
        for worker in self._workers:
            worker.close()

    def failed(self, run: Run, reason: str) -> None:
        """Mark a run failed, in its folder if that can be written."""
        state = run.state
        if state.is_final and state.reason != "interrupted":
            return
        lost = replace(state, stage="failed", reason=reason)
        self._troubles[run.key] = lost
        with contextlib.suppress(OSError):
            run.write_state(lost)
            # Whoever has seen that may have asked for the run again by now.
            self._troubles.pop(run.key, None)


class _Worker:
    """One worker process, started anew when it dies."""

    def __init__(self, executor: LocalExecutor) -> None:
        self.executor = executor
        self.closing = False
        self.deaths = 0
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        # Each process has its own, so that the death of one takes no run from the next.
        self.assigned: dict[str, Run] = {}
        self.behind: set[str] = set()
        command = [sys.executable, "-m", "aecore.jobs.worker"]
        usual = {"OMP_NUM_THREADS": str(self.executor.threads)}
        self.temporary = limits.folder()
        environment = usual | os.environ | surroundings(self.temporary.name)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.born = birth_of(self.process.pid)
        told = (self.process, self.assigned, self.temporary)
        self.listener = threading.Thread(target=self._listen, args=told, daemon=True)
        self.listener.start()

    def take(self, experiments: Sequence[Experiment], wishes: Wishes | None, background: bool) -> None:
        with self._lock:
            # Popen cannot tell while the thread that listens waits for the process to end.
            if not lives(self.process.pid, self.born):
                self._start()
            runs = [self.executor.runs.claim(one, wishes=wishes, pid=self.process.pid) for one in experiments]
            folders = {str(run.folder): run for run in runs}
            self.assigned |= folders
            keys = {run.key for run in runs}
            self.behind = self.behind | keys if background else self.behind - keys
            # A worker that has died in between is noticed by the thread that listens to it.
            with contextlib.suppress(BrokenPipeError, ValueError):
                line = json.dumps({"folders": list(folders), "background": background})
                print(line, file=self.process.stdin, flush=True)

    def line(self) -> list[Run]:
        """Return the runs that this worker has, those in the background last, else the first to come first."""
        return sorted(self.assigned.copy().values(), key=lambda run: run.key in self.behind)

    def _listen(
        self, process: subprocess.Popen[str], assigned: dict[str, Run], temporary: TemporaryDirectory[str]
    ) -> None:
        with temporary, process:
            for line in cast("TextIO", process.stdout):
                answer = json.loads(line)
                if run := assigned.pop(answer.get("folder", ""), None):
                    self.deaths = 0
                    if trouble := answer.get("trouble"):
                        self.executor.failed(run, trouble)
        with self._lock:
            # A run that was asked for again in between is another process's by now.
            lost = [run for run in assigned.values() if run.state.pid == process.pid]
            assigned.clear()
            self.deaths += 1
            if self.process is process and not self.closing and self.deaths <= DEATHS:
                self._start()
        for run in lost:
            self.executor.failed(run, "worker_died")

    def close(self) -> None:
        self.closing = True
        with contextlib.suppress(BrokenPipeError):
            cast("TextIO", self.process.stdin).close()
        self.listener.join(timeout=5)
        if self.listener.is_alive():
            self.process.kill()
            self.listener.join()
