"""What the tests of pages share."""

from __future__ import annotations

import pytest

from pages._ui import resources


@pytest.fixture(autouse=True)
def runs_of_this_test():
    """The folder of runs is looked up anew."""
    resources.runs.cache_clear()
    yield
    resources.runs.cache_clear()
