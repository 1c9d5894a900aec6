"""The list of licences names what the app asks for, and nothing whose licence binds what uses it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _licences():
    spec = importlib.util.spec_from_file_location("licences", ROOT / "docs" / "licences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_that_is_asked_for_is_listed_with_its_licence():
    # Those that these ask for in turn are not pinned, and may be others another day.
    page = _licences()
    found = {one.name: page.licence(one.name).replace("|", "/") for one in page.asked_for()}
    assert found.items() <= page.listed().items()
    assert found.keys() < set(page.needed())


def test_no_licence_is_unknown_or_binds_what_uses_it():
    for name, text in _licences().listed().items():
        assert text != "unknown", name
        assert not re.search(r"(?<!L)GPL|AGPL|SSPL|Commons Clause", text), (name, text)
