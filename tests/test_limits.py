"""What a worker may not do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import aecore as ae
from aecore.jobs import LocalExecutor, limits
from aecore.jobs.local import surroundings

ROOT = Path(__file__).parents[1]
OPENS = """
import socket, sys, threading
from aecore.jobs import limits
begun = threading.Event()
def late():
    begun.wait()
    opened("thread")
def opened(where):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family).connect(("127.0.0.1" if family == socket.AF_INET else "::1", int(sys.argv[1])))
            print(where, "open")
        except PermissionError:
            print(where, "refused")
        except OSError as other:
            print(where, other)
thread = threading.Thread(target=late)
thread.start()
print(limits.confine())
begun.set()
thread.join()
opened("main")
print(len(socket.socketpair()))
"""
FILLS = """
from aecore.jobs import limits
import numpy as np
limits.confine()
np.ones(20_000_000)
try:
    np.ones(500_000_000)
    print("taken")
except MemoryError:
    print("refused")
"""


def said(program: str, *given: str, **environment: str) -> list[str]:
    told = subprocess.run(
        [sys.executable, "-c", program, *given], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere Python alone refuses")
def test_a_worker_speaks_to_nobody_in_any_of_its_threads():
    assert said(OPENS, "9") == ["True", *["thread refused"] * 2, *["main refused"] * 2, "2"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the memory is not bounded so")
def test_a_worker_takes_no_more_memory_than_it_may():
    assert said(FILLS, GARGALO_WORKER_MB="1500", OMP_NUM_THREADS="1") == ["refused"]
    assert said(FILLS, GARGALO_WORKER_MB="8000", OMP_NUM_THREADS="1") == ["taken"]


def test_a_worker_has_a_folder_of_its_own_for_what_is_temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    executor = LocalExecutor(ae.Runs(tmp_path / "runs"), workers=2)
    folders = list((tmp_path / "temporary").glob(f"{limits.TEMPORARY}*"))
    executor.close()
    assert len(folders) == 2
    assert not any(folder.exists() for folder in folders)


def test_visitors_files_are_where_they_were_for_a_worker(monkeypatch, tmp_path):
    from aecore.datasets import files

    monkeypatch.delenv("GARGALO_UPLOADS", raising=False)
    assert surroundings(str(tmp_path))["GARGALO_UPLOADS"] == str(files.uploads())


def test_a_run_trains_no_longer_than_it_may(tmp_path, monkeypatch):
    monkeypatch.setenv("GARGALO_RUN_SECONDS", "1")
    executor = LocalExecutor(ae.Runs(tmp_path), workers=1)
    try:
        (run,) = executor.submit([ae.Experiment.from_query("data=digits&net=linear&latent=3&steps=100000")])
        end = time.monotonic() + 120
        while not run.state.is_final:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert (run.state.stage, run.state.reason) == ("cancelled", "too_long")
        assert 1 < run.state.seconds < 30
        assert run.resumable().step == run.state.step
    finally:
        executor.close()


def test_who_trains_here_and_now_is_not_bounded():
    assert limits.seconds() == float("inf")
