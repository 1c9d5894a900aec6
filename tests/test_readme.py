from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from aecore.text import Say
from bench import TABLE
from bench.standing import BEGIN, END, READMES, Standing, as_markdown, merged, replaced

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


def test_the_table_of_applications_is_replaced_whole():
    standings = [
        Standing("noise_removal", "noise", 30.5, {"noise_removal.wiener": 27.25}, 1450.2, 1234),
        Standing("compression", "mnist", 20.0, {"compression.WEBP": 10.0}, None, 5, decimals=0, better=-1),
    ]
    for language, readme in READMES.items():
        words = Say(language)
        table = as_markdown(standings, words)
        first, last = table.splitlines()[2:]
        assert f"**{words.number(30.5, 2)}**" in first
        assert words("page.noise_removal.title") in first
        assert "**10**" in last
        assert "**20**" not in last
        text = (ROOT / readme).read_text("utf-8")
        twice = replaced(replaced(text, "| old |\n"), table)
        assert table in twice
        assert "| old |" not in twice
        assert twice.split(table)[0] in text.split(BEGIN)[0] + BEGIN + "\n"
        assert twice.endswith(text.split(END)[1])


def test_one_application_measured_anew_changes_its_own_lines():
    words, decimals = Say("en"), {"decimals": 1}
    old = [Standing(*one, {}, 10, 5, **decimals) for one in (("noise_removal", "noise", 30.5), ("notes", "ndcg", 2.0))]
    new = [Standing("notes", "ndcg", 3.0, {}, 11, 5, **decimals), Standing("audio", "gain", 7.0, {}, 12, 5, **decimals)]
    before, after = as_markdown(old, words), as_markdown(new, words)
    assert merged("", before) == merged(before, before) == before
    assert merged(before, after).splitlines() == before.splitlines()[:3] + after.splitlines()[2:]


def test_both_languages_show_the_same_run():
    def numbers(language: str) -> list[str]:
        table = (ROOT / READMES[language]).read_text("utf-8").split(BEGIN)[1].split(END)[0]
        lines = [line.split("|") for line in table.strip().splitlines()[2:]]
        return [re.sub(r"\D", "", line[3] + line[5] + line[6]) for line in lines]

    assert numbers("en") == numbers("pt_BR")
    assert len(numbers("en")) > 10
