"""The command line makes files of pictures and pictures of files, or says in a sentence why not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import aecore as ae
from aecore import gallery, views
from aecore.__main__ import main
from aecore.jobs import InlineExecutor
from aecore.text import Say

QUERY = "data=tiles&size=16&task=compression&method=quantised&blocks=1&steps=5&batch=8"


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> ae.Experiment:
    """A gallery with a small model in place of the one that compresses."""
    experiment = ae.Experiment.from_query(QUERY)
    InlineExecutor(ae.Runs(tmp_path / "gallery")).submit([experiment])
    monkeypatch.setattr(gallery, "FOLDER", tmp_path / "gallery")
    monkeypatch.setitem(gallery.TABLE, "compression", QUERY)
    pixels = np.random.default_rng(0).integers(0, 255, (20, 31, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    return experiment


def test_a_picture_goes_through_a_file(tmp_path, shipped, capsys):
    source, packed, back = (tmp_path / name for name in ("mine.png", "mine.gargalo", "back.png"))
    assert main(["compress", str(source), str(packed)]) == 0
    content = packed.read_bytes()
    assert f"{len(content):,} bytes" in capsys.readouterr().out
    assert views.header_of(content).key == shipped.key
    assert main(["decompress", str(packed), str(back)]) == 0
    with Image.open(back) as picture:
        assert (picture.mode, picture.size) == ("L", (31, 20))
    assert main(["compress", str(source), str(packed), "--coarser", "4"]) == 0
    assert len(packed.read_bytes()) < len(content)
    assert main(["compress", str(source), str(packed), "--coarser", "5"]) == 2


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, shipped, capsys):
    source, packed, back = (tmp_path / name for name in ("mine.png", "mine.gargalo", "back.png"))
    main(["compress", str(source), str(packed)])
    good = packed.read_bytes()
    capsys.readouterr()
    for reason, content in {"empty": b"", "not_compressed": source.read_bytes(), "damaged": good[:-1]}.items():
        packed.write_bytes(content)
        assert main(["decompress", str(packed), str(back)]) == 2
        assert Say()(f"refused.{reason}") in capsys.readouterr().err
        assert not back.exists()
    packed.write_bytes(source.read_bytes()[:200])
    assert main(["compress", str(packed), str(back)]) == 2
    assert Say()("refused.truncated") in capsys.readouterr().err


def test_a_model_that_is_not_shipped_is_looked_for_among_the_runs(tmp_path, shipped, capsys):
    other = shipped.vary(seed=7)
    (run,) = InlineExecutor(ae.Runs(tmp_path / "runs")).submit([other])
    x = views.photo("chelsea")[:16, :16]
    packed, back = tmp_path / "other.gargalo", tmp_path / "back.png"
    packed.write_bytes(views.compressed(ae.revive(other, run.snapshot()), x, other.key))
    assert main(["decompress", str(packed), str(back)]) == 2
    assert Say()("refused.other_model", model=other.key) in capsys.readouterr().err
    assert main(["decompress", str(packed), str(back), "--runs", str(tmp_path / "runs")]) == 0
    with Image.open(back) as picture:
        assert picture.size == (16, 16)
