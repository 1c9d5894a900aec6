"""Follows docs/adding-a-method.md to the letter, on a copy of the tree."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-method.md").read_text("utf-8")
COPIED = ("aecore", "pages", "docs", "tests", "bench", "assets/text", "app.py", "pyproject.toml", ".streamlit")
LINKED = ("assets/data", "assets/gallery", "assets/cards", "assets/style")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def changed(text: str, lines: list[str]) -> str:
    """Add or exchange lines: a + follows the line before it, or takes the place of what a - before it said."""
    for before, after in itertools.pairwise(lines):
        if not after.startswith("+"):
            continue
        old, new = before[1:], after[1:]
        assert text.count(old) == 1, old
        text = text.replace(old, new if before.startswith("-") else f"{old}\n{new}")
    return text


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the tree in which every step of the page was taken."""
    root = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    for name in LINKED:
        (root / name).symlink_to(ROOT / name)
    (code,) = blocks("python")
    path, _, code = code.partition("\n")
    (root / path.removeprefix("# ")).write_text(code, "utf-8")
    for block in blocks("diff"):
        for name, lines in re.findall(r"^--- (\S+)\n(.*?)(?=^--- |\Z)", block, re.DOTALL | re.MULTILINE):
            path = root / name
            path.write_text(changed(path.read_text("utf-8"), lines.splitlines()), "utf-8")
    return root


def test_the_new_method_trains_as_the_page_says(tree):
    (line,) = blocks("sh")
    done = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["steps"] == 60
    assert set(found["terms"]) == {"reconstruction", "discrepancy"}


def test_the_tests_that_hold_every_method_hold_the_new_one(tree):
    tests = [
        "tests/test_rooms.py",
        "tests/test_text.py",
        "tests/pages/test_notes.py::test_any_method_can_be_chosen[wae]",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_its_discrepancy_is_the_definition(tree):
    check = """
import torch
from aecore.methods.wae import discrepancy
a, b = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
k = lambda p, q: 6 / (6 + sum((x - y) ** 2 for x, y in zip(p.tolist(), q.tolist())))
pairs = [(i, j) for i in range(6) for j in range(6)]
within = sum(k(s[i], s[j]) for s in (a, b) for i, j in pairs if i != j) / 30
assert abs(within - 2 * sum(k(a[i], b[j]) for i, j in pairs) / 36 - discrepancy(a, b).item()) < 1e-5
"""
    done = subprocess.run([sys.executable, "-c", check], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
