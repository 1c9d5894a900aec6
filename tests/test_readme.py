from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bench import TABLE

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


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md"])
def test_every_benchmark_is_named(name):
    said = (ROOT / name).read_text("utf-8")
    assert [bench for bench in TABLE if f"`{bench}`" not in said] == []


def test_the_app_answers_this_machine_alone_unless_asked_otherwise():
    assert tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["server"]["address"] == "127.0.0.1"
    for asked, said in (("", False), ("0.0.0.0", True)):
        command = ["make", "--dry-run", "run", f"HOST={asked}"]
        lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert ("--server.address 0.0.0.0" in lines) == said
        assert "streamlit run app.py" in lines
