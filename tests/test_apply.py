"""What the pages do for a table, the command line does for a file, or says in a sentence why not."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from aecore import chemistry
from aecore.__main__ import main
from aecore.text import Say


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    monkeypatch.setenv("GARGALO_UPLOADS", str(tmp_path / "uploads"))


def applied(task, content, tmp_path):
    source, target = tmp_path / "input", tmp_path / "output.csv"
    source.write_bytes(content)
    status = main(["apply", task, str(source), str(target)])
    if status:
        assert not target.exists()
        return status
    with target.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_libraries_are_followed_by_others_the_best_first(tmp_path):
    given = ["python3-numpy", "python3-matplotlib"]
    rows = applied("recommender", "\n".join(given).encode(), tmp_path)
    assert len(rows) == 10
    assert not {row["item"] for row in rows} & set(given)
    assert {row["because"] for row in rows} <= set(given)
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert "python3-scipy" in {row["item"] for row in rows}


def ratings(stars: bool) -> bytes:
    """Two tastes: whoever likes even items rates odd ones low, and the other way round."""
    rng = np.random.default_rng(0)
    rows = ["user,item,rating"]
    for person in range(60):
        for item in range(20):
            if rng.random() < 0.6:
                rows.append(f"u{person},i{item},{(5 if (person + item) % 2 == 0 else 1) if stars else 1}")
    return "\n".join(rows).encode()


@pytest.mark.parametrize("stars", [True, False])
def test_everybody_in_a_table_gets_what_they_have_not_rated(tmp_path, uploads, stars):
    content = ratings(stars)
    rows = applied("recommender", content, tmp_path)
    rated = {tuple(line.split(",")[:2]) for line in content.decode().splitlines()[1:]}
    assert {row["user"] for row in rows} == {f"u{person}" for person in range(60)}
    assert not {(row["user"], row["item"]) for row in rows} & rated
    assert all((row["user"], row["because"]) in rated for row in rows)
    if stars:
        first = {row["user"]: row for row in reversed(rows)}
        liked = [(int(user[1:]) + int(row["item"][1:])) % 2 == 0 for user, row in first.items()]
        assert np.mean(liked) > 0.9
        assert 1 < max(float(row["score"]) for row in rows) < 6


def test_molecules_come_back_with_their_neighbours_and_properties(tmp_path):
    content = b"CC(=O)Oc1ccccc1C(=O)O aspirin\nC1CC broken\nCCO ethanol\n"
    rows = applied("molecules", content, tmp_path)
    assert [row["line"] for row in rows] == ["1", "2", "3"]
    aspirin, broken, ethanol = rows
    assert broken["refused"] == Say()("molecules.unwritable_rejected", number=2, smiles="C1CC")
    assert not broken["rebuilt"]
    for row in (aspirin, ethanol):
        assert chemistry.molecule(row["rebuilt"])
        assert row["exact"] == str(chemistry.plain(row["rebuilt"]) == chemistry.plain(row["smiles"]))
        assert chemistry.molecule(row["nearest_smiles"])
        assert float(row["distance"]) > 0
    assert float(aspirin["weight"]) == pytest.approx(180.16, abs=0.01)
    assert abs(float(aspirin["weight_by_probe"]) - 180.16) < 60


WRONG = {
    "recommender": {
        b"": "refused.empty",
        b"python3-numpy\nno-such-library\n": "refused.unknown_library",
        b"user,stars\n1,5\n": "recommender.wrong.columns",
    },
    "molecules": {b"": "refused.empty", b"\xff\xfe\0": "refused.no_text", b"name,weight\nx,1\n": "refused.no_smiles"},
}


@pytest.mark.parametrize(("task", "content"), [(task, content) for task in WRONG for content in WRONG[task]])
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, uploads, capsys, task, content):
    assert applied(task, content, tmp_path) == 2
    key = WRONG[task][content]
    assert Say()(key, name="no-such-library", detail="item") in capsys.readouterr().err
