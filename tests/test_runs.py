from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import aecore as ae
from aecore.jobs import InlineExecutor
from aecore.runs import Run, State, birth_of, write_atomically


@pytest.fixture
def done(tmp_path, small):
    (run,) = InlineExecutor(ae.Runs(tmp_path)).submit([small])
    return run


def read_everything(run: Run) -> None:
    """Read all that a page may ask of a folder."""
    run.state, run.history, run.steps, run.snapshot(), run.resumable(), run.baselines(), run.wishes


def test_a_run_is_what_training_gave(done, small):
    *_, last = ae.train(small)
    kept = done.snapshot()
    assert kept.step == done.state.step == small.fit.steps
    assert done.state.stage == "done"
    assert done.state.scores == last.scores == kept.scores
    assert kept.weights.keys() == last.weights.keys()
    assert all(torch.equal(tensor, kept.state[name]) for name, tensor in last.weights.items())
    assert done.experiment == small
    assert done.baselines()["pca"].components.shape == (64, 64)


def test_a_torn_last_line_is_passed_over(done):
    whole = done.history
    log = done.folder / "events.jsonl"
    log.write_bytes(log.read_bytes() + b'{"step": 99, "ter')
    assert Run(done.folder).history == whole
    log.write_bytes(log.read_bytes()[:-30])
    assert Run(done.folder).history == whole[:-1] or Run(done.folder).history == whole


def test_a_log_that_grows_is_read_on_and_one_that_is_rewritten_anew(done):
    run, log = Run(done.folder), done.folder / "events.jsonl"
    whole, lines = done.history, log.read_bytes().splitlines(keepends=True)
    write_atomically(log, b"".join(lines[:3]))
    assert run.history == whole[:3]
    with log.open("ab") as file:
        file.write(lines[3] + lines[4][:7])
    assert run.history == whole[:4]
    with log.open("ab") as file:
        file.write(lines[4][7:])
    assert run.history == whole[:5]
    write_atomically(log, b"".join(lines[:2]))
    assert run.history == whole[:2]


def test_a_folder_opens_with_any_file_gone_or_cut(done, tmp_path):
    files = [path.relative_to(done.folder) for path in done.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for number, file in enumerate(files):
        for cut in (None, 0, 1, 7, -1):
            copy = tmp_path / f"copy{number}{cut}"
            shutil.copytree(done.folder, copy)
            if cut is None:
                (copy / file).unlink()
            else:
                (copy / file).write_bytes((copy / file).read_bytes()[:cut])
            read_everything(Run(copy))
            shutil.rmtree(copy)


def test_a_folder_that_comes_and_goes_is_read_all_the_same(done):
    away = done.folder.with_name("away")
    ended = threading.Event()

    def rename():
        while not ended.is_set():
            done.folder.rename(away)
            away.rename(done.folder)

    with ThreadPoolExecutor() as pool:
        renaming = pool.submit(rename)
        try:
            for _ in range(1500):
                done.baselines()
                done.resumable()
        finally:
            ended.set()
        renaming.result()
    read_everything(done)
    assert done.state.stage == "done"


def test_an_absent_folder_is_an_absent_run(tmp_path):
    run = Run(tmp_path / "nothing")
    read_everything(run)
    assert run.state == State()
    assert run.snapshot() is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    write_atomically(path, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no room"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_whose_process_has_gone_was_interrupted(done):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    born = birth_of(gone.pid)
    gone.wait()
    done.write_state(replace(done.state, stage="running", pid=gone.pid, born=born))
    assert (done.state.stage, done.state.reason) == ("failed", "interrupted")
    done.write_state(replace(done.state, stage="running", pid=os.getpid(), born=birth_of(os.getpid())))
    assert done.state.stage == "running"
    # The same number, given to another process later.
    done.write_state(replace(done.state, stage="running", pid=os.getpid(), born=1))
    assert done.state.stage == "failed"


def test_wishes_are_kept_apart_from_what_the_worker_writes(done):
    done.wish(slow=True)
    done.cancel()
    assert done.wishes.slow
    assert done.wishes.stop
    done.wish(slow=False)
    assert not done.wishes.slow
    assert done.wishes.stop


def test_pruning_takes_the_oldest_and_never_one_that_goes_on(tmp_path, small):
    runs = ae.Runs(tmp_path)
    made = InlineExecutor(runs).submit(small.sweep(seed=(0, 1, 2)))
    for age, run in enumerate(made):
        os.utime(run.folder / "state.json", (1000 + age, 1000 + age))
    made[0].write_state(replace(made[0].state, stage="running", pid=os.getpid(), born=birth_of(os.getpid())))
    size = sum(file.stat().st_size for file in made[2].folder.rglob("*") if file.is_file())
    assert runs.prune(size + 10) == [made[1].key]
    assert made[0].state.stage == "running"
    assert made[2].state.stage == "done"
    assert runs.prune(10**9) == []
    assert runs.prune(0, lambda: [made[2].key]) == []
    assert runs.prune(0) == [made[2].key]


def test_two_threads_may_write_one_file(tmp_path):
    contents = [bytes([i]) * 10_000 for i in range(8)]

    def write(content: bytes) -> None:
        for _ in range(100):
            write_atomically(tmp_path / "file", content)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, contents)) == [None] * 8
    assert (tmp_path / "file").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_process_of_which_only_the_name_is_left_trains_nothing(tmp_path, small):
    child = subprocess.Popen([sys.executable, "-c", ""])
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    run = ae.Runs(tmp_path).claim(small, pid=child.pid)
    stage = run.state.stage
    child.wait()
    assert stage == "failed"
