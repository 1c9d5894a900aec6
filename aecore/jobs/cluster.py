"""The cluster executor: runs trained on other machines, by Dask distributed.

Dask places and retries; a run's folder in the store stays the only truth, and Dask's events only wake its reader. Dask
cannot stop a task that runs: a stop is a wish that training looks for, and after a grace the task's process is ended.

References
----------
M. Rocklin, "Dask: parallel computation with blocked algorithms and task scheduling", SciPy 2015.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, Status, Worker, get_worker

from aecore.experiment import Experiment
from aecore.jobs.executor import LEFT, grouped, place_of
from aecore.jobs.frames import DISK_FULL, frames_together
from aecore.runs import Run, Runs, State, Wishes, birth_of, write_atomically
from aecore.stores import Attempt, Copy, Fenced, Store, StoredRuns
from aecore.training import is_large

log = logging.getLogger(__name__)

Reason: TypeAlias = Literal["bad_address", "no_tls", "no_certificates", "no_store", "not_installed"]

# A run that has taken this many workers with it is given up.
DEATHS = 3
# Dask counts a worker's death against every run that waits on it, guilty or not, so its own count must not decide.
INNOCENT = 1000
# Seconds without a sign of life after which a worker is given up, and its runs go elsewhere.
SILENCE = 30.0
# Seconds between two looks at what has changed: of whoever trains, and of whoever watches.
TICK = 0.1
# Seconds between two looks at a run of which no news has come: one that has begun, and one that waits.
BEGUN, WAITING = 0.5, 5.0
# Seconds that a run may take to obey a stop before its process is ended.
GRACE = 10.0
# Tries, and seconds between them, to write how a run has ended.
TRIES, PAUSE = 5, 1.0
# The topic of the news that a run has changed.
NEWS = "gargalo-runs"
# The resource that workers with a graphics card offer; large networks ask for it where there is one.
GPU = "GPU"


class Refused(ValueError):
    """A cluster that must not be used as it was named.

    Parameters
    ----------
    reason : Reason
        The key of a sentence.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def checked(address: str, store: str | None) -> Security | None:
    """Return what encrypts the way to a scheduler, if it is safe to go there.

    Whoever reaches a scheduler runs code on its workers, and on whoever asks it; only certificates keep others out.

    Parameters
    ----------
    address : str
        ``tls://host:port``, or ``tcp://host:port`` on this machine. The certificates are those of Dask's
        configuration, as in ``DASK_DISTRIBUTED__COMM__TLS__CA_FILE``.
    store : str or None
        Where runs are kept; a cluster on other machines needs a place that all of them see.

    Raises
    ------
    Refused
        If it is not.

    Examples
    --------
    >>> checked("tcp://127.0.0.1:8786", None)
    >>> checked("tcp://10.0.0.7:8786", "s3://bucket/runs")
    Traceback (most recent call last):
    aecore.jobs.cluster.Refused: no_tls
    """
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise Refused("bad_address") from None
    if scheme not in ("tcp", "tls") or not host or not port:
        raise Refused("bad_address")
    here = _is_loopback(host)
    if scheme == "tcp" and not here:
        raise Refused("no_tls")
    security = None
    if scheme == "tls":
        security = Security(require_encryption=True)
        files = [getattr(security, f"tls_{name}") for name in ("ca_file", "client_cert", "client_key")]
        if not all(file and Path(file).is_file() for file in files):
            raise Refused("no_certificates")
    if not here and not store:
        raise Refused("no_store")
    return security


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine whatever a name server says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def embedded(workers: int, *, silence: float = SILENCE, **settings: Any) -> Iterator[LocalCluster]:
    """Start a scheduler and workers on this machine, seen by nobody else; for tests and measurements.

    Parameters
    ----------
    workers : int
        Number of processes, each with one run at a time.
    silence : float
        Seconds after which a worker that gives no sign of life is given up; Dask waits for five at least.
    **settings
        What :class:`distributed.LocalCluster` takes besides.
    """
    rules = {
        "distributed.scheduler.allowed-failures": INNOCENT,
        "distributed.scheduler.worker-ttl": f"{silence}s",
        # A worker that takes long to start again must not be taken for one that nobody wants.
        "distributed.deploy.lost-worker-timeout": "1h",
    }
    usual: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": 0}
    # A dashboard without a host listens on every interface.
    usual |= {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    usual |= {"preload": [__name__], "silence_logs": logging.CRITICAL}
    with dask.config.set(rules), LocalCluster(**usual | settings) as cluster:
        yield cluster


@dataclass(eq=False)
class _Task:
    """Runs that are trained together by one task of Dask's."""

    experiments: list[Experiment]
    background: bool
    copies: dict[str, Copy] = field(default_factory=dict)
    wished: dict[str, bytes] = field(default_factory=dict)
    looked: dict[str, float] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    changed: float = field(default_factory=time.monotonic)
    stopping: float | None = None
    future: Future | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_lost(self) -> bool:
        """Whether it was never sent, or the scheduler that knew of it is gone."""
        return self.future is None or self.future.status in ("cancelled", "lost")

    def leave(self, experiments: Sequence[Experiment]) -> None:
        """Follow some runs no more: they have ended, and somebody has asked for them again."""
        self.experiments = [one for one in self.experiments if one not in experiments]
        for experiment in experiments:
            self.copies.pop(experiment.key, None)
            self.asked.pop(experiment.key, None)


class ClusterExecutor:
    """Gives runs to the workers of a Dask cluster; see :class:`~aecore.jobs.executor.Executor`.

    Parameters
    ----------
    runs : Runs
        Where the runs are kept on this machine: what a cluster trains is brought here as it comes.
    address : str
        The scheduler's, as :func:`checked` takes it.
    store : str, optional
        Where the runs are kept for all machines, as :class:`~aecore.stores.Store` takes it; by default in a folder
        ``store`` among the runs.
    grace : float
        Seconds that a run may take to obey a stop before its process is ended.

    Raises
    ------
    Refused
        If the address must not be used.
    """

    def __init__(self, runs: Runs, address: str, *, store: str | None = None, grace: float = GRACE) -> None:
        self._security = checked(address, store)
        self.store = Store(store or (runs.root / "store").absolute().as_uri())
        self.runs = StoredRuns(runs.root, self.store)
        self._address, self._grace = address, grace
        self._client: Client | None = None
        self._tasks: list[_Task] = []
        self._troubles: dict[str, State] = {}
        self._news: set[str] = set()
        self._stuck: list[Future] = []
        self._lock = threading.Lock()
        self._woken, self._closing = threading.Event(), threading.Event()
        # Whoever waits for a scheduler that is gone must not keep what comes from the store waiting.
        work = (self._send, self._bring)
        self._threads = [threading.Thread(target=self._often, args=(each,), daemon=True) for each in work]
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        experiments: Sequence[Experiment],
        *,
        wishes: Wishes | None = None,
        background: bool = False,
        together: bool = False,
    ) -> list[Run]:
        """Ask the cluster for runs, at once if it is there, else as soon as it is."""
        with self._lock:
            left = [one for one in experiments if self.runs.of(one).state.stage in LEFT]
            for task in self._tasks:
                task.leave(left)
            for group in grouped(left, together=together):
                for experiment in group:
                    self._troubles.pop(experiment.key, None)
                    self.runs.claim(experiment, wishes=wishes)
                self._tasks.append(_Task(list(group), background))
        self._woken.set()
        return [self.runs.of(experiment) for experiment in experiments]

    def state(self, run: Run) -> State:
        """Return where a run stands, even if its folder could not be written."""
        return self._troubles.get(run.key) or run.state

    def place(self, run: Run) -> int:
        """Return a run's place in the line of what this app has asked for."""
        tasks = sorted(self._under_way(), key=lambda task: task.background)
        line = (self.runs.of(experiment) for task in tasks for experiment in task.experiments)
        return place_of(run, line, self.state)

    def close(self) -> None:
        """Let the workers keep what they have reached, and let go of the cluster."""
        for task in self._under_way():
            for experiment in task.experiments:
                with contextlib.suppress(OSError):
                    self.runs.of(experiment).cancel()
        end = time.monotonic() + self._grace
        while self._under_way() and self._client and time.monotonic() < end:
            self._closing.wait(TICK)
        self._closing.set()
        self._woken.set()
        for thread in self._threads:
            thread.join(self._grace)
        if self._client:
            self._client.close()

    def _under_way(self) -> list[_Task]:
        with self._lock:
            return list(self._tasks)

    def _often(self, work: Callable[[], None]) -> None:
        while not self._closing.is_set():
            with _forgiven():
                work()
            if work == self._bring:
                self._woken.wait(TICK)
                self._woken.clear()
            else:
                self._closing.wait(TICK)

    def _send(self) -> None:
        """Give the scheduler what it does not know of, and end what does not stop."""
        tasks = self._under_way()
        if not tasks and not self._stuck:
            return
        client = self._connected()
        while self._stuck:
            _end_process(client, self._stuck.pop())
        for task in tasks:
            with _forgiven(), task.lock:
                if task.is_lost and task in self._tasks:
                    self._ask(client, task)

    def _connected(self) -> Client:
        if self._client is None or self._client.status == "closed":
            self._client = Client(self._address, security=self._security, set_as_default=False, timeout=5)
            self._client.subscribe_topic(NEWS, self._hear)
        if self._client.status != "running":
            raise ConnectionError(self._address)
        return self._client

    def _hear(self, event: tuple[float, str]) -> None:
        self._news.add(event[1])
        self._woken.set()

    def _ask(self, client: Client, task: _Task) -> None:
        """Send a task; a run that another app has asked for is joined, one that was lost from sight is fenced."""
        for experiment in task.experiments:
            key = experiment.key
            self._seed(experiment)
            newest, end = self.store.newest(key), self.store.end(key)
            wishes = json.loads(self.store.wishes(key) or b"{}")
            joins = newest and end is None and key not in task.asked and not wishes.get("stop")
            task.asked[key] = self.store.asked(key, newest) if joins else newest
            done = end is not None and end.stage == "done"
            if key not in task.copies:
                folder = self.runs.of(experiment).folder
                task.copies[key] = Copy(self.store, key, folder, newest - 1 if joins or done else newest)
                content = (folder / "wishes.json").read_bytes()
                if not joins:
                    self.store.wish(key, content)
                task.wished[key] = content
        wanted = [(experiment.to_dict(), task.asked[experiment.key]) for experiment in task.experiments]
        name = hashlib.blake2b(json.dumps(wanted).encode(), digest_size=16).hexdigest()
        task.future = client.submit(
            train,
            self.store.url,
            wanted,
            key=f"run-{name}",
            priority=-1 if task.background else 0,
            resources=_resources(client, task.experiments),
        )

    def _seed(self, experiment: Experiment) -> None:
        """Give the store what only this machine has of a run, or of the one that it starts from."""
        for one in (experiment, *(experiment.start or ())[:1]):
            run = self.runs.of(one)
            if run.resumable() and not self.store.newest(one.key):
                self.store.take(one.key, run.folder).push(end=True)

    def _tell(self, task: _Task) -> None:
        """Pass on what the watchers wish; take away what has not begun, or does not end in time."""
        runs = [self.runs.of(experiment) for experiment in task.experiments]
        for run in runs if task.copies else ():
            content = (run.folder / "wishes.json").read_bytes()
            if content != task.wished[run.key]:
                self.store.wish(run.key, content)
                task.wished[run.key] = content
        if not all(run.wishes.stop for run in runs):
            task.stopping = None
            return
        task.stopping = task.stopping or time.monotonic()
        begun = any(self.store.newest(key) > asked for key, asked in task.asked.items())
        if begun and time.monotonic() - task.stopping < self._grace:
            return
        if task.future and begun:
            self._stuck.append(task.future)
        elif task.future:
            task.future.cancel()
        self._end(task, "cancelled", "stopped")

    def _bring(self) -> None:
        """Bring what the workers have written, and see which runs have ended."""
        news, self._news = self._news, set()
        for task in self._under_way():
            with _forgiven(), task.lock:
                self._tell(task)
                self._look(task, news)

    def _look(self, task: _Task, news: set[str]) -> None:
        # Asked for before the store is read, which then holds all that the task has written.
        status = task.future.status if task.future else ""
        now = time.monotonic()
        for key, copy in list(task.copies.items()):
            often = BEGUN if copy.reached >= 0 else WAITING
            if key in news or status in ("finished", "error") or now - task.looked.get(key, 0.0) > often:
                task.looked[key] = now
                if copy.pull():
                    task.changed = now
        if (task.copies or not task.experiments) and all(
            self.runs.of(experiment).state.is_final for experiment in task.experiments
        ):
            self._forget(task)
        elif status == "error" and task.future:
            self._end(task, "failed", _reason(task.future.exception()))
        elif status == "finished" and now - task.changed > 2 * SILENCE:
            # Another attempt had fenced it, and is heard of no more.
            task.future = None

    def _end(self, task: _Task, stage: Literal["cancelled", "failed"], reason: str) -> None:
        """Mark what has not ended of a task, in the runs' folders if those can be written."""
        for run in map(self.runs.of, task.experiments):
            if not run.state.is_final:
                latest = run.history[-1].step if run.history else 0
                ended = replace(run.state, stage=stage, reason=reason, step=latest)
                try:
                    run.write_state(ended)
                except OSError:
                    self._troubles[run.key] = ended
        self._forget(task)

    def _forget(self, task: _Task) -> None:
        with self._lock:
            if task in self._tasks:
                self._tasks.remove(task)


def _end_process(client: Client, future: Future) -> None:
    """End the process of a task that does not end by itself; others that it holds begin again elsewhere."""
    holders = [worker for worker, keys in client.processing().items() if future.key in keys]
    future.cancel()
    client.restart_workers(holders, raise_for_error=False)


@contextlib.contextmanager
def _forgiven() -> Iterator[None]:
    """Go on though the store or the scheduler is away: what is under way goes on when it is back."""
    try:
        yield
    except Exception:
        log.warning("the cluster, or its store, is out of reach", exc_info=True)


def _resources(client: Client, experiments: Sequence[Experiment]) -> dict[str, float] | None:
    """Return what a worker must offer: a graphics card for large networks, if any worker has one."""
    if not any(map(is_large, experiments)):
        return None
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return {GPU: 1} if any(worker["resources"].get(GPU) for worker in workers) else None


def _reason(trouble: BaseException | None) -> str:
    if isinstance(trouble, KilledWorker):
        return "gave_up"
    if isinstance(trouble, OSError):
        return "disk_full" if trouble.errno in DISK_FULL else "unwritable"
    return "crashed"


def train(url: str, wanted: Sequence[tuple[dict[str, Any], int]]) -> None:
    """Train runs on a worker, each as a new attempt in the store.

    Parameters
    ----------
    url : str
        The store's address.
    wanted : sequence of (dict, int)
        Experiments, as :meth:`Experiment.to_dict` gives them, and the newest attempts when they were asked for.

    Raises
    ------
    OSError
        If the store or the worker's own folder can't be written.
    """
    store = Store(url)
    with _scratch() as place:
        runs = Runs(place)
        attempts: dict[Run, Attempt] = {}
        for words, asked in wanted:
            if begun := _begin(store, runs, Experiment.from_dict(words), asked):
                attempts |= dict([begun])
        if not attempts:
            return
        worker = _worker()
        mirror = _Mirror(attempts, worker)
        try:
            for due in frames_together(list(attempts)):
                # Dask would wait for the task, which nobody waits for any more.
                if _is_leaving(worker):
                    mirror.close()
                    return
                time.sleep(max(0.0, due - time.monotonic()))
        except Exception:
            for run in attempts:
                if not (run.state.is_final or _is_leaving(worker)):
                    run.write_state(replace(run.state, stage="failed", reason="crashed"))
            raise
        finally:
            mirror.close()


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder for one task, and remove those of tasks whose process has gone.

    No temporary directory of Python's: that is removed when a process ends, under a task that still trains.
    """
    for left in Path(tempfile.gettempdir()).glob("gargalo-run-*-*-*"):
        pid, born = map(int, left.name.split("-")[2:4])
        if birth_of(pid) != born:
            shutil.rmtree(left, ignore_errors=True)
    pid = os.getpid()
    place = Path(tempfile.mkdtemp(prefix=f"gargalo-run-{pid}-{birth_of(pid)}-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _worker() -> Worker | None:
    """Return Dask's worker that this is called on, if it is one."""
    try:
        return get_worker()
    except ValueError:
        return None


def _is_leaving(worker: Worker | None) -> bool:
    """Whether a worker ends, so that what stops or fails on it goes on elsewhere."""
    return worker is not None and worker.status not in (Status.running, Status.paused)


def _begin(store: Store, runs: Runs, experiment: Experiment, asked: int) -> tuple[Run, Attempt] | None:
    """Begin an attempt where the one before has come to; ``None`` if nothing is left to do."""
    key, run = experiment.key, runs.of(experiment)
    Copy(store, key, run.folder).pull()
    if run.state.stage == "done":
        return None
    attempt = store.take(key, run.folder, asked)
    wishes = store.wishes(key)
    run = runs.claim(experiment, wishes=Wishes(**json.loads(wishes)) if wishes else None)
    if attempt.number - asked > DEATHS:
        reached = run.history[-1].step if run.history else 0
        run.write_state(replace(run.state, stage="failed", reason="gave_up", step=reached))
        attempt.push(end=True)
        return None
    # Not queued: whoever watches a run that has moved to another worker need not see more than a pause.
    run.write_state(replace(run.state, stage="running"))
    attempt.push()
    if experiment.start:
        ancestor, _ = experiment.start
        Copy(store, ancestor.key, runs.of(ancestor).folder).pull()
    return run, attempt


class _Mirror:
    """Keeps the store up with run folders, and the folders up with their watchers' wishes."""

    def __init__(self, attempts: dict[Run, Attempt], worker: Worker | None) -> None:
        self._attempts, self._worker = dict(attempts), worker
        self._ended = threading.Event()
        for run in attempts:
            self._tell(run)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._ended.wait(TICK):
            for run, attempt in list(self._attempts.items()):
                try:
                    self._keep_up(run, attempt)
                except OSError:
                    log.warning("the store is out of reach", exc_info=True)

    def _tell(self, run: Run) -> None:
        if self._worker:
            self._worker.log_event(NEWS, run.key)

    def _keep_up(self, run: Run, attempt: Attempt, *, end: bool = False) -> None:
        wishes = attempt.store.wishes(run.key)
        if wishes and json.loads(wishes) != vars(run.wishes):
            write_atomically(run.folder / "wishes.json", wishes)
        try:
            if attempt.push(end=end):
                self._tell(run)
        except Fenced:
            del self._attempts[run]
            run.cancel()

    def close(self) -> None:
        """Write how the runs have ended, or how far they have come, and nothing after that.

        Raises
        ------
        OSError
            If the store stays out of reach.
        """
        self._ended.set()
        self._thread.join()
        while self._attempts:
            run, attempt = next(iter(self._attempts.items()))
            for left in reversed(range(TRIES)):
                try:
                    self._keep_up(run, attempt, end=run.state.is_final)
                    break
                except OSError:
                    if not left:
                        raise
                    time.sleep(PAUSE)
            self._attempts.pop(run, None)
