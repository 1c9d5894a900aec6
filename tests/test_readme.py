from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md"])
def test_the_lines_of_python_do_what_they_say(name):
    (lines,) = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    room: dict[str, object] = {}
    # Fewer steps on smaller digits: the contract is the same.
    exec(lines.replace("steps=2000", "steps=20").replace("data=mnist", "data=digits"), room)
    x = room["data"].inputs
    assert room["x_hat"].shape == x.shape
    error = (room["x_hat"] - x).square().flatten(1).sum(1).mean().item()
    assert room["last"].scores["test_error"] == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md"])
def test_what_it_points_to_is_there(name):
    for target in re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8")):
        assert (ROOT / target).exists(), target
