"""Runs on a cluster: a scheduler and workers on this machine, and what befalls them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import dask
import psutil
import pytest
import torch
from distributed import Client, LocalCluster, Nanny, Scheduler, Security, SpecCluster, Worker

import aecore as ae
from aecore.jobs import InlineExecutor
from aecore.jobs import cluster as engine
from aecore.jobs.cluster import DEATHS, INNOCENT, ClusterExecutor, Refused, checked, embedded, train
from aecore.runs import Run, Wishes, birth_of
from aecore.stores import Store

ROOT = Path(__file__).parents[1]
LONG = ae.Experiment.from_query("data=digits&net=mlp&hidden=64&latent=3&steps=100000&batch=64&rate=0.003")
SLOW = Wishes(slow=True)

# A worker that is killed leaves its sockets to whoever collects them.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def wait(until: Callable[[], object], seconds: float = 120) -> None:
    """Look until something is so; far more time than it should take."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def processes() -> Iterator[LocalCluster]:
    """Two workers, each a process of its own."""
    with embedded(2, silence=300) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def threads() -> Iterator[SpecCluster]:
    """Two workers in this process, one of which offers a graphics card."""
    local = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    worker = local | {"nthreads": 1, "memory_limit": 0}
    workers = {
        "plain": {"cls": Worker, "options": worker},
        "card": {"cls": Worker, "options": worker | {"resources": {"GPU": 1}}},
    }
    with SpecCluster(workers, {"cls": Scheduler, "options": local}, silence_logs=50) as cluster:
        yield cluster


def is_whole(cluster: LocalCluster) -> bool:
    """Whether all workers are there; a nanny whose worker is killed before it has heard of it does not restart it."""
    ready = all(nanny.status.name == "running" for nanny in tuple(cluster.workers.values()))
    return ready and len(cluster.scheduler.workers) == len(cluster.workers)


def executor_of(cluster, tmp_path: Path, **settings) -> ClusterExecutor:
    return ClusterExecutor(ae.Runs(tmp_path / "runs"), cluster.scheduler_address, **settings)


@pytest.fixture
def executor(threads, tmp_path) -> Iterator[ClusterExecutor]:
    cluster = executor_of(threads, tmp_path)
    yield cluster
    cluster.close()


@pytest.fixture
def hardy(processes, tmp_path) -> Iterator[ClusterExecutor]:
    """An executor whose workers can be killed."""
    wait(lambda: is_whole(processes))
    cluster = executor_of(processes, tmp_path)
    yield cluster
    cluster.close()


def working(cluster) -> list[int]:
    """The processes that have something to do."""
    return [worker.pid for worker in tuple(cluster.scheduler.workers.values()) if worker.processing]


def busy(cluster) -> int:
    """The one process that has something to do."""
    while len(found := working(cluster)) != 1:
        time.sleep(0.01)
    return found[0]


def undisturbed(experiment: ae.Experiment, tmp_path: Path) -> Run:
    return InlineExecutor(ae.Runs(tmp_path / "undisturbed")).submit([experiment])[0]


def same(one: Run, other: Run) -> bool:
    mine, its = one.snapshot(), other.snapshot()
    return (
        mine.step == its.step
        and one.state.scores == other.state.scores
        and mine.weights.keys() == its.weights.keys()
        and all(torch.equal(tensor, its.weights[name]) for name, tensor in mine.weights.items())
    )


def test_a_cluster_gives_the_bits_that_training_here_gives(executor, tmp_path, small):
    experiments = [small, small.vary(seed=1), small.vary(latent=4)]
    runs = executor.submit(experiments)
    assert [run.key for run in runs] == [one.key for one in experiments]
    wait(lambda: all(executor.state(run).is_final for run in runs))
    assert [executor.state(run).stage for run in runs] == ["done"] * 3
    assert all(same(run, undisturbed(one, tmp_path)) for run, one in zip(runs, experiments, strict=True))
    assert runs[0].baselines()["pca"]
    assert executor.submit([small])[0].state.stage == "done"


def test_runs_that_are_alike_are_trained_by_one_task(executor, small, tmp_path):
    experiments = [small.vary(seed=seed, steps=50) for seed in range(5)]
    runs = executor.submit(experiments, together=True, background=True)
    assert len(executor._tasks) == 1
    wait(lambda: all(run.state.is_final for run in runs))
    assert {run.state.stage for run in runs} == {"done"}
    alone = InlineExecutor(ae.Runs(tmp_path / "alone")).submit(experiments, together=True)
    assert all(map(same, runs, alone))


def test_it_is_seen_while_it_trains_and_stop_stops_it_and_it_goes_on(executor, tmp_path):
    experiment = LONG.vary(steps=300)
    (run,) = executor.submit([experiment], wishes=SLOW)
    wait(lambda: len(run.history) > 3 and run.snapshot())
    assert executor.state(run).stage == "running"
    assert run.state.stage == "running"
    run.cancel()
    wait(lambda: run.state.is_final)
    assert (run.state.stage, run.state.reason) == ("cancelled", "stopped")
    assert run.resumable().step == run.history[-1].step == run.state.step > 0
    reached = run.state.step
    executor.submit([experiment])
    wait(lambda: run.state.stage == "done")
    assert reached in [event.step for event in run.history]
    assert same(run, undisturbed(experiment, tmp_path))


def test_what_waits_is_stopped_without_a_worker(executor):
    under_way = executor.submit([LONG, LONG.vary(seed=1)], wishes=SLOW)
    wait(lambda: all(len(run.history) > 1 for run in under_way))
    (last,) = executor.submit([LONG.vary(seed=3)], background=True)
    (waiting,) = executor.submit([LONG.vary(seed=2)])
    assert [executor.place(run) for run in (under_way[0], waiting, last)] == [0, 1, 2]
    last.cancel()
    waiting.cancel()
    wait(lambda: waiting.state.is_final)
    assert (waiting.state.stage, waiting.state.reason) == ("cancelled", "stopped")
    assert all(run.state.stage == "running" for run in under_way)
    assert executor.store.newest(waiting.key) == 0


def test_what_this_machine_has_of_a_run_is_where_the_cluster_begins(executor, tmp_path):
    experiment = LONG.vary(steps=200, seed=4)
    (run,) = InlineExecutor(executor.runs).submit([experiment], wishes=Wishes(until=50))
    assert run.state.reason == "at_step"
    executor.submit([experiment])
    wait(lambda: run.state.stage == "done")
    assert 50 in [event.step for event in run.history]
    assert same(run, undisturbed(experiment, tmp_path))


def test_two_apps_that_ask_for_one_run_share_it(executor, threads, tmp_path):
    experiment = LONG.vary(steps=400, seed=6)
    other = ClusterExecutor(ae.Runs(tmp_path / "other"), threads.scheduler_address, store=executor.store.url)
    try:
        (one,) = executor.submit([experiment], wishes=SLOW)
        wait(lambda: len(one.history) > 2)
        (two,) = other.submit([experiment])
        wait(lambda: len(two.history) > 2)
        assert executor.store.attempts(one.key) == [1]
        one.wish(slow=False)
        wait(lambda: one.state.is_final and two.state.is_final)
        assert one.state.stage == two.state.stage == "done"
        assert same(one, two)
    finally:
        other.close()


def test_an_older_attempt_that_goes_on_is_refused(small, tmp_path):
    """An orphan: its scheduler is lost, and it trains on until it is fenced."""
    experiment = LONG.vary(steps=400)
    url = (tmp_path / "store").as_uri()
    store = Store(url)
    store.wish(experiment.key, b'{"slow": true}')
    orphan = threading.Thread(target=train, args=(url, [(experiment.to_dict(), 0)]))
    orphan.start()
    wait(lambda: len(store.commits(experiment.key, 1)) > 4)
    store.wish(experiment.key, b"{}")
    newer = threading.Thread(target=train, args=(url, [(experiment.to_dict(), 1)]))
    newer.start()
    orphan.join()
    newer.join()
    assert store.attempts(experiment.key) == [2]
    assert store.end(experiment.key).stage == "done"
    copy = engine.Copy(store, experiment.key, tmp_path / "here" / experiment.key)
    copy.pull()
    assert same(Run(copy.folder), undisturbed(experiment, tmp_path))


def test_what_a_killed_worker_leaves_is_removed_and_what_a_living_one_needs_is_not(small, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pid = os.getpid()
    for name in (f"{2**22 + 1}-7-a", f"{pid}-1-b", f"{pid}-{birth_of(pid)}-c"):
        (tmp_path / f"gargalo-run-{name}").mkdir()
    train((tmp_path / "store").as_uri(), [(small.to_dict(), 0)])
    assert [path.name for path in tmp_path.glob("gargalo-*")] == [f"gargalo-run-{pid}-{birth_of(pid)}-c"]


@pytest.mark.parametrize("leaves", [False, True])
def test_what_fails_fails_its_run_unless_the_worker_is_leaving(small, tmp_path, monkeypatch, leaves):
    def failing(runs):
        yield from ()
        raise RuntimeError("cannot go on")

    monkeypatch.setattr(engine, "frames_together", failing)
    monkeypatch.setattr(engine, "_is_leaving", lambda worker: leaves)
    url = (tmp_path / "store").as_uri()
    with pytest.raises(RuntimeError):
        train(url, [(small.to_dict(), 0)])
    end = Store(url).end(small.key)
    assert end is None if leaves else (end.stage, end.reason) == ("failed", "crashed")


def test_a_worker_that_leaves_keeps_what_was_reached_and_ends_nothing(tmp_path, monkeypatch):
    url, looks = (tmp_path / "store").as_uri(), iter([False, False, True])
    monkeypatch.setattr(engine, "_is_leaving", lambda worker: next(looks))
    train(url, [(LONG.to_dict(), 0)])
    store = Store(url)
    assert store.end(LONG.key) is None
    copy = engine.Copy(store, LONG.key, tmp_path / "here" / LONG.key)
    assert copy.pull()
    assert len(Run(copy.folder).history) == 3
    assert Run(copy.folder).state.stage == "running"


def test_a_worker_that_is_killed_costs_a_pause_and_no_bit(hardy, processes, tmp_path):
    experiment = LONG.vary(steps=900, seed=1)
    (run,) = hardy.submit([experiment], wishes=SLOW)
    wait(lambda: run.resumable() and run.resumable().step > 0)
    kept, seen = run.resumable().step, set()
    victim = busy(processes)
    os.kill(victim, signal.SIGKILL)
    run.wish(slow=False)
    wait(lambda: seen.add(hardy.state(run).stage) or run.state.is_final)
    assert seen == {"running", "done"}
    assert hardy.store.newest(run.key) == 2
    steps = [event.step for event in run.history]
    assert steps == sorted(set(steps))
    assert kept in steps
    assert same(run, undisturbed(experiment, tmp_path))


def test_a_run_that_takes_worker_after_worker_with_it_is_given_up_and_no_other(hardy, processes, small):
    (poison,) = hardy.submit([LONG.vary(seed=8)], wishes=SLOW)
    for attempt in range(1, DEATHS + 1):
        wait(lambda attempt=attempt: len(hardy.store.commits(poison.key, attempt)) > 1 and is_whole(processes))
        assert poison.state.stage in ("queued", "running")
        os.kill(busy(processes), signal.SIGKILL)
    wait(lambda: poison.state.is_final)
    assert (poison.state.stage, poison.state.reason) == ("failed", "gave_up")
    assert processes.scheduler.allowed_failures == INNOCENT
    # Asked for again, it has as many lives as before, and goes on from what was kept.
    hardy.submit([LONG.vary(seed=8)], wishes=Wishes(until=200))
    wait(lambda: poison.state.reason == "at_step")


def test_a_frozen_worker_s_run_goes_on_elsewhere(hardy, processes, tmp_path):
    experiment = LONG.vary(steps=900, seed=3)
    (run,) = hardy.submit([experiment], wishes=SLOW)
    wait(lambda: len(run.history) > 2)
    frozen = busy(processes)
    os.kill(frozen, signal.SIGSTOP)
    run.wish(slow=False)
    processes.scheduler.worker_ttl = 1
    try:
        wait(lambda: processes.sync(processes.scheduler.check_worker_ttl) or hardy.store.newest(run.key) > 1)
    finally:
        processes.scheduler.worker_ttl = 300
    wait(lambda: run.state.is_final)
    assert run.state.stage == "done"
    assert same(run, undisturbed(experiment, tmp_path))


def test_a_task_that_does_not_stop_loses_its_process(processes, tmp_path):
    wait(lambda: is_whole(processes))
    hardy = executor_of(processes, tmp_path, grace=0.5)
    try:
        (run,) = hardy.submit([LONG.vary(seed=7)], wishes=SLOW)
        wait(lambda: len(run.history) > 1)
        stuck = busy(processes)
        os.kill(stuck, signal.SIGSTOP)
        run.cancel()
        wait(lambda: run.state.is_final)
        assert (run.state.stage, run.state.reason) == ("cancelled", "stopped")
        wait(lambda: not psutil.pid_exists(stuck))
    finally:
        hardy.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(*command: str) -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-m", "dask", *command], env=environment, **quiet)


def test_a_scheduler_that_is_lost_and_back_costs_a_pause_and_no_bit(tmp_path):
    port, local = free_port(), ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    address, experiment = f"tcp://127.0.0.1:{port}", LONG.vary(steps=900, seed=2)
    begin = [
        ("scheduler", "--port", str(port), *local),
        ("worker", address, "--nthreads", "1", "--no-nanny", "--preload", "aecore.jobs.cluster", *local),
    ]
    children = [started(*command) for command in begin]
    executor = ClusterExecutor(ae.Runs(tmp_path / "runs"), address)
    try:
        (run,) = executor.submit([experiment], wishes=SLOW)
        assert executor.state(run).stage == "queued"
        wait(lambda: len(run.history) > 2)
        children[0].kill()
        # Nothing is wrong with a worker without a scheduler, so it ends well: it must be started again even so.
        assert children[1].wait(60) == 0
        assert (executor.state(run).stage, executor.state(run).reason) == ("running", "")
        run.wish(slow=False)
        children += [started(*command) for command in begin]
        wait(lambda: run.state.is_final)
        assert run.state.stage == "done"
        assert executor.store.newest(run.key) == 2
        assert same(run, undisturbed(experiment, tmp_path))
    finally:
        executor.close()
        for child in children:
            child.kill()
            child.wait()


def test_without_a_scheduler_runs_wait_and_can_be_stopped(tmp_path, small):
    executor = ClusterExecutor(ae.Runs(tmp_path), f"tcp://127.0.0.1:{free_port()}", grace=0.1)
    try:
        (run,) = executor.submit([small])
        assert executor.state(run).stage == "queued"
        run.cancel()
        wait(lambda: run.state.is_final)
        assert (run.state.stage, run.state.reason) == ("cancelled", "stopped")
    finally:
        executor.close()


def test_large_networks_go_to_a_graphics_card_where_there_is_one(executor, threads):
    large = ae.Experiment.from_query("data=digits&net=mlp&hidden=1024,1024&latent=8&steps=2000&batch=512")
    (run,) = executor.submit([large], wishes=SLOW)
    wait(lambda: len(run.history) > 1)
    assert [worker.name for worker in threads.scheduler.workers.values() if worker.processing] == ["card"]
    (small,) = executor.submit([LONG], wishes=SLOW)
    wait(lambda: len(small.history) > 1)


def test_large_networks_wait_for_no_card_that_nobody_has(threads, tmp_path):
    large = ae.Experiment.from_query("data=digits&net=mlp&hidden=1024,1024&latent=8&steps=2&batch=512")
    with Client(threads, set_as_default=False) as client:
        assert engine._resources(client, [large]) == {"GPU": 1}
        assert engine._resources(client, [LONG]) is None
    bare = LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50)
    with bare, Client(bare, set_as_default=False) as client:
        assert engine._resources(client, [large]) is None


def test_nothing_listens_but_to_this_machine(processes):
    pids = [os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))]
    found = chain.from_iterable(psutil.Process(pid).net_connections("inet") for pid in pids)
    listening = {socket.laddr.ip for socket in found if socket.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    assert processes.scheduler.worker_ttl == 300
    assert all(isinstance(worker, Nanny) for worker in processes.workers.values())


@pytest.mark.parametrize(
    ("address", "store", "reason"),
    [
        ("tcp://10.0.0.7:8786", "s3://runs", "no_tls"),
        ("tcp://scheduler:8786", "s3://runs", "no_tls"),
        ("tcp://0.0.0.0:8786", "s3://runs", "no_tls"),
        ("tcp://127.0.0.1.example.org:8786", "s3://runs", "no_tls"),
        ("tcp://[2001:db8::1]:8786", "s3://runs", "no_tls"),
        ("tls://scheduler:8786", "s3://runs", "no_certificates"),
        ("tls://127.0.0.1:8786", None, "no_certificates"),
        ("scheduler:8786", None, "bad_address"),
        ("ws://127.0.0.1:8786", None, "bad_address"),
        ("tcp://127.0.0.1", None, "bad_address"),
        ("tcp://127.0.0.1:port", None, "bad_address"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(address, store, reason, tmp_path):
    with pytest.raises(Refused) as trouble:
        ClusterExecutor(ae.Runs(tmp_path), address, store=store)
    assert trouble.value.reason == reason


@pytest.fixture
def certificates(tmp_path) -> Iterator[Security]:
    """What TLS needs, in files that Dask's configuration names."""
    made = Security.temporary()
    names = {"ca-file": made.tls_ca_file, "client.cert": made.tls_client_cert, "client.key": made.tls_client_key}
    files = {}
    for name, content in names.items():
        (tmp_path / name).write_text(content)
        files[f"distributed.comm.tls.{name}"] = str(tmp_path / name)
    with dask.config.set(files):
        yield made


def test_certificates_open_the_way_and_without_them_it_is_closed(certificates, tmp_path, small):
    with LocalCluster(
        1, processes=False, protocol="tls", host="127.0.0.1", security=certificates, dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        executor = ClusterExecutor(ae.Runs(tmp_path / "runs"), address)
        (run,) = executor.submit([small])
        wait(lambda: run.state.stage == "done")
        executor.close()
        for there, security in ((address, Security.temporary()), (address.replace("tls", "tcp"), None)):
            with pytest.raises(OSError):
                Client(there, security=security, timeout=1)
    assert checked("tls://scheduler:8786", "s3://bucket/runs").require_encryption
    with pytest.raises(Refused, match="no_store"):
        checked("tls://scheduler:8786", None)
