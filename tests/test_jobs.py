from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import aecore as ae
from aecore.datasets.files import folder as data_folder
from aecore.jobs import InlineExecutor, LocalExecutor, worker
from aecore.jobs.frames import frames, frames_together
from aecore.runs import Record, Run, Wishes

ROOT = Path(__file__).parents[1]
LONG = ae.Experiment.from_query("data=digits&net=mlp&hidden=64&latent=3&steps=100000&batch=64&rate=0.003")


def wait(until: Callable[[], bool], seconds: float = 180) -> None:
    """Look until something is so; far more time than it should take."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def executor(tmp_path) -> Iterator[LocalExecutor]:
    local = LocalExecutor(ae.Runs(tmp_path), workers=1)
    yield local
    local.close()


def weights(run: Run, step: int | None = None) -> dict[str, torch.Tensor]:
    snapshot = run.snapshot(step)
    assert snapshot
    return snapshot.weights


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_a_worker_gives_the_bits_that_training_here_gives(executor, tmp_path, small):
    (here,) = InlineExecutor(ae.Runs(tmp_path / "here")).submit([small])
    (there,) = executor.submit([small])
    wait(lambda: there.state.is_final)
    assert there.state.stage == "done"
    assert equal(weights(here), weights(there))
    assert there.state.scores == here.state.scores
    assert there.baselines()["pca"]


def test_stop_stops_and_keeps_and_going_on_ends_as_if_never_stopped(executor, tmp_path):
    experiment = LONG.vary(steps=3000)
    (run,) = executor.submit([experiment], wishes=Wishes(slow=True))
    wait(lambda: len(run.history) > 4)
    run.cancel()
    wait(lambda: run.state.is_final)
    assert (run.state.stage, run.state.reason) == ("cancelled", "stopped")
    reached = run.state.step
    assert run.snapshot().step == reached
    assert run.resumable().step == reached
    executor.submit([experiment])
    wait(lambda: run.state.stage == "done")
    (undisturbed,) = InlineExecutor(ae.Runs(tmp_path / "here")).submit([experiment])
    assert equal(weights(run), weights(undisturbed))
    steps = [event.step for event in run.history]
    assert steps == sorted(set(steps))
    assert reached in steps


def test_a_worker_that_is_killed_fails_its_runs_and_they_go_on_from_what_was_kept(executor, tmp_path):
    experiment = LONG.vary(steps=4000, seed=1)
    (run,) = executor.submit([experiment], wishes=Wishes(slow=True))
    wait(lambda: run.resumable() is not None and run.resumable().step > 0)
    os.kill(executor.pids[0], signal.SIGKILL)
    wait(lambda: executor.state(run).reason == "worker_died")
    assert run.state.stage == "failed"
    kept = run.resumable().step
    assert 0 < kept <= run.history[-1].step
    executor.submit([experiment])
    wait(lambda: run.state.stage == "done")
    (undisturbed,) = InlineExecutor(ae.Runs(tmp_path / "here")).submit([experiment])
    assert equal(weights(run), weights(undisturbed))


def test_who_asks_again_the_moment_a_run_is_marked_failed_gets_one_worker_and_the_run(executor, monkeypatch):
    experiment = LONG.vary(seed=5)
    (run,) = executor.submit([experiment], wishes=Wishes(slow=True))
    wait(lambda: len(run.history) > 2)
    write_state, asked = Run.write_state, []

    def write_and_ask_again(self, state):
        write_state(self, state)
        if state.reason == "worker_died" and not asked:
            asked.append(executor.submit([experiment]))

    monkeypatch.setattr(Run, "write_state", write_and_ask_again)
    before = executor.pids[0]
    os.kill(before, signal.SIGKILL)
    wait(lambda: asked and run.state.stage == "running")
    assert run.state.pid == executor.pids[0] != before
    assert executor.state(run).stage == "running"
    run.cancel()
    wait(lambda: run.state.is_final)


def is_ours(pid):
    """Whether a process is there and works for the project."""
    try:
        return b"aecore" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_an_app_that_is_killed_leaves_no_orphan_and_a_folder_that_opens(tmp_path):
    program = (
        "import sys, time, pathlib, aecore as ae\n"
        "from aecore.jobs import LocalExecutor\n"
        f"executor = LocalExecutor(ae.Runs(pathlib.Path({str(tmp_path)!r})), workers=1)\n"
        f"executor.submit([ae.Experiment.from_query({LONG.to_query()!r})])\n"
        "print(executor.pids[0], flush=True)\n"
        "time.sleep(600)"
    )
    app = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with app:
        worker = int(app.stdout.readline())
        run = ae.Runs(tmp_path).of(LONG)
        wait(lambda: len(run.history) > 5)
        app.kill()
    wait(lambda: run.state.is_final, 5)
    assert run.state.stage in ("failed", "cancelled")
    # It says how the run stands before it ends itself.
    wait(lambda: not is_ours(worker), 5)
    assert run.snapshot().step > 0


def test_two_who_ask_for_the_same_experiment_watch_one_run(executor):
    (one,) = executor.submit([LONG])
    wait(lambda: len(one.history) > 3)
    reached = one.history[-1].step
    (other,) = executor.submit([LONG])
    wait(lambda: other.history[-1].step > reached)
    assert other.folder == one.folder
    assert other.history[0].step == 0
    one.cancel()
    wait(lambda: other.state.is_final)


def test_two_experiments_take_turns_and_those_in_the_background_wait(executor):
    first, second = executor.submit(LONG.sweep(seed=(0, 1)))
    (behind,) = executor.submit([LONG.vary(seed=2)], background=True)
    wait(lambda: len(first.history) > 3 and len(second.history) > 3)
    assert behind.state.stage == "queued"
    first.cancel()
    second.cancel()
    wait(lambda: len(behind.history) > 3)
    behind.cancel()
    wait(lambda: behind.state.is_final)


def test_a_run_that_waits_behind_another_stops_without_its_turn(executor):
    (first,) = executor.submit([LONG])
    behind = executor.submit(LONG.sweep(seed=(2, 3)), background=True)
    wait(lambda: len(first.history) > 3)
    for run in behind:
        run.cancel()
    wait(lambda: all(run.state.is_final for run in behind))
    assert [(run.state.stage, run.state.step, run.history) for run in behind] == [("cancelled", 0, [])] * 2
    assert first.state.stage == "running"
    first.cancel()
    wait(lambda: first.state.is_final)


def test_who_waits_has_a_place_in_line_and_those_in_the_background_stand_last(executor):
    first = executor.submit(LONG.sweep(seed=range(worker.AT_ONCE)))
    wait(lambda: all(run.state.stage == "running" for run in first))
    behind = executor.submit(LONG.sweep(seed=(20, 21)), background=True)
    later = executor.submit([LONG.vary(seed=30)])
    assert [executor.place(run) for run in (*first, *later, *behind)] == [0] * len(first) + [1, 2, 3]
    first[0].cancel()
    wait(lambda: later[0].state.stage == "running")
    assert [executor.place(run) for run in (*later, *behind)] == [0, 1, 2]
    for run in (*first, *later, *behind):
        run.cancel()
    wait(lambda: all(run.state.is_final for run in (*first, *later, *behind)))


def test_the_way_to_a_start_is_gone_frame_by_frame_and_stops_like_any_run(executor):
    experiment = replace(LONG, start=(LONG.vary(rate=0.01), 90_000))
    (run,) = executor.submit([experiment])
    wait(lambda: len(run.history) > 5)
    assert run.state.step < 90_000
    run.cancel()
    wait(lambda: run.state.is_final)
    assert run.state.reason == "stopped"


def carried_out(tmp_path, experiment, **wishes) -> Run:
    run = ae.Runs(tmp_path).claim(experiment, wishes=Wishes(**wishes))
    for _ in frames(run):
        pass
    return run


def test_it_stops_where_it_was_asked_to(tmp_path):
    run = carried_out(tmp_path, LONG, until=7)
    assert (run.state.stage, run.state.reason, run.state.step) == ("cancelled", "at_step", 7)
    run = carried_out(tmp_path, LONG, until=8)
    assert [event.step for event in run.history][-2:] == [7, 8]
    run = carried_out(tmp_path, LONG.vary(seed=1), error=6.0)
    assert run.state.reason == "at_error"
    assert run.history[-1].scores["watched_test_error"] <= 6 < run.history[-2].scores["watched_test_error"]
    run = carried_out(tmp_path, LONG.vary(seed=2, latent=1, rate=0.02, schedule="constant"), plateau=True)
    assert run.state.reason == "plateau"


def test_slow_motion_takes_single_steps(tmp_path):
    run = ae.Runs(tmp_path).claim(LONG, wishes=Wishes(slow=True))
    going = frames(run)
    for _ in range(6):
        next(going)
    assert [event.step for event in run.history] == list(range(6))
    going.close()
    assert (run.state.stage, run.resumable().step) == ("cancelled", 5)


def test_only_keyframes_and_the_latest_snapshot_stay(tmp_path):
    run = carried_out(tmp_path, LONG, until=2000)
    assert run.steps[-1] == 2000
    assert set(run.steps[:-1]) <= set(ae.training.spaced(LONG.fit.steps))


def test_a_diverging_run_says_so_and_keeps_its_last_finite_snapshot(tmp_path, monkeypatch):
    terms = type(LONG.method).terms

    def explode(*args):
        explode.factor *= 1e3
        return {name: term * explode.factor for name, term in terms(*args).items()}

    explode.factor = 1.0
    monkeypatch.setattr(type(LONG.method), "terms", explode)
    run = carried_out(tmp_path, LONG)
    assert (run.state.stage, run.state.reason) == ("failed", "diverged")
    assert run.state.detail.startswith("reconstruction")
    assert all(tensor.isfinite().all() for tensor in run.snapshot().state.values())


def test_a_damaged_data_file_is_named(executor, tmp_path, monkeypatch):
    copy = tmp_path / "data"
    copy.mkdir()
    shutil.copy(data_folder() / "SHA256SUMS", copy)
    (copy / "fashion_mnist.npz").write_bytes(b"cut short")
    monkeypatch.setenv("GARGALO_DATA", str(copy))
    local = LocalExecutor(ae.Runs(tmp_path / "runs"), workers=1)
    run, other = local.submit([LONG.vary(data="fashion_mnist"), LONG.vary(data="mnist")])
    wait(lambda: run.state.is_final and other.state.is_final)
    local.close()
    assert (run.state.reason, run.state.detail) == ("damaged_data", "fashion_mnist.npz")
    assert (other.state.reason, other.state.detail) == ("damaged_data", "mnist.npz")


def test_a_full_disk_ends_the_run_with_its_reason(tmp_path, monkeypatch):
    run = ae.Runs(tmp_path).claim(LONG)
    going = frames(run)
    for _ in range(4):
        next(going)
    kept = run.history

    def full(*_):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Record, "add", full)
    assert list(going) == []
    assert (run.state.stage, run.state.reason) == ("failed", "disk_full")
    assert run.history == kept
    monkeypatch.undo()
    going = frames(ae.Runs(tmp_path).claim(LONG))
    next(going)
    going.close()
    assert run.state.stage == "cancelled"


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path, small):
    (tmp_path / "runs").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="runs"):
        InlineExecutor(ae.Runs(tmp_path / "runs")).submit([small])


def test_a_folder_that_is_lost_in_mid_run_is_known_all_the_same(executor):
    (run,) = executor.submit([LONG])
    wait(lambda: len(run.history) > 2)
    run.folder.rename(run.folder.with_name("lost"))
    wait(lambda: executor.state(run).is_final)
    assert (executor.state(run).stage, executor.state(run).reason) == ("failed", "unwritable")
    executor.submit([LONG])
    wait(lambda: len(run.history) > 2)
    run.cancel()
    wait(lambda: run.state.is_final)


SWEPT = ae.Experiment.from_query("data=digits&method=vae&net=mlp&hidden=16&latent=2&batch=32&steps=60")


def test_a_sweep_trained_together_writes_the_folders_of_runs_trained_alone(executor, tmp_path):
    experiments = SWEPT.sweep(latent=(2, 3), seed=(0, 1))
    there = executor.submit(experiments, background=True, together=True)
    here = InlineExecutor(ae.Runs(tmp_path / "here")).submit(experiments)
    wait(lambda: all(run.state.is_final for run in there))
    for together, alone in zip(there, here, strict=True):
        assert (together.state.stage, together.state.scores) == ("done", alone.state.scores)
        assert set(alone.steps) <= {event.step for event in together.history} >= set(together.steps)
        for step in (0, 1, 60):
            assert equal(weights(together, step), weights(alone, step))
        assert together.baselines().keys() == alone.baselines().keys() == {"pca"}


def test_one_of_several_stops_and_the_others_go_on_and_all_can_be_stopped(executor, tmp_path):
    experiments = SWEPT.vary(steps=100_000).sweep(seed=(0, 1, 2))
    first, *others = executor.submit(experiments, together=True)
    wait(lambda: len(first.history) > 3)
    first.cancel()
    wait(lambda: first.state.is_final)
    reached = others[0].history[-1].step
    wait(lambda: others[0].history[-1].step > reached)
    assert first.resumable().step == first.state.step == first.history[-1].step
    for run in others:
        run.cancel()
    wait(lambda: all(run.state.is_final for run in others))
    assert {run.state.reason for run in others} == {"stopped"}


def test_runs_that_were_stopped_together_go_on_together_or_apart_to_the_same_bits(tmp_path):
    experiments = SWEPT.sweep(seed=(0, 1))
    undisturbed = InlineExecutor(ae.Runs(tmp_path / "undisturbed")).submit(experiments)
    for name, until in (("level", (7, 7)), ("apart", (7, 9))):
        runs = ae.Runs(tmp_path / name)
        claimed = [runs.claim(one, wishes=Wishes(until=at)) for one, at in zip(experiments, until, strict=True)]
        list(frames_together(claimed))
        assert [run.state.step for run in claimed] == list(until)
        again = InlineExecutor(runs).submit(experiments, together=True)
        assert all(equal(weights(one), weights(other)) for one, other in zip(again, undisturbed, strict=True))


def test_of_several_the_one_that_diverges_says_so_and_the_others_end_well(tmp_path, monkeypatch):
    terms = type(LONG.method).terms

    def explode(self, model, x, target, rng):
        large = model.encoder[1].weight.square().sum()
        return {name: term / (large < 1000) for name, term in terms(self, model, x, target, rng).items()}

    monkeypatch.setattr(type(LONG.method), "terms", explode)
    tame, wild = LONG.vary(steps=40, schedule="constant").sweep(rate=(0.001, 1.0))
    runs = [ae.Runs(tmp_path).claim(one) for one in (tame, wild)]
    list(frames_together(runs))
    assert runs[0].state.stage == "done"
    assert (runs[1].state.stage, runs[1].state.reason) == ("failed", "diverged")
    assert runs[1].state.detail.startswith("reconstruction@")
