"""What the tests of pages share."""

from __future__ import annotations

import pytest

import aecore as ae
from aecore.jobs import InlineExecutor
from pages._ui import resources


@pytest.fixture(autouse=True)
def runs_of_this_test():
    """The folder of runs is looked up anew."""
    resources.runs.cache_clear()
    yield
    resources.runs.cache_clear()


@pytest.fixture
def runs(tmp_path, monkeypatch) -> ae.Runs:
    """The runs of a server that trains at once."""
    executor = InlineExecutor(ae.Runs(tmp_path))
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: executor)
    return executor.runs
