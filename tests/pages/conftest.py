"""What the tests of pages share."""

from __future__ import annotations

import sys
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

import aecore as ae
from aecore.jobs import InlineExecutor
from pages._ui import resources


@pytest.fixture(autouse=True)
def main_of_this_test(monkeypatch):
    """A page that is run takes the place of the main module, which every process begun by Python's means imports."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True, scope="session")
def components_once():
    """Every app that is tested looks through all that is installed for components; there are none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


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
