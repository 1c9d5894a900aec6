"""The page on which a network says what is odd, and what becomes of a visitor's own picture."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aecore.__main__ import main
from aecore.text import Say
from pages._ui import resources
from tests.pages.test_pages import opened, sentences
from tests.pages.test_photos import curtains, written

DIGITS = {"data": "digits", "steps": "60"}
WORDS = Say("en")


def digit() -> bytes:
    image = Image.new("RGB", (120, 160), "white")
    ImageDraw.Draw(image).ellipse((30, 30, 90, 130), outline="black", width=14)
    return written(np.asarray(image))


def table(at) -> dict[str, list[str]]:
    (found,) = [one.value for one in at.markdown if one.value.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]
    return {name: cells for name, *cells in rows[2:]}


@pytest.mark.parametrize(
    "query", [{}, {"method": "vae", "judge": "bound"}, {"data": "patches", "size": "8"}, {"data": "notes"}]
)
def test_the_page_shows_what_is_odd_before_and_after_training(runs, query, monkeypatch):
    monkeypatch.setattr(resources, "aside", cache(lambda make, *given: make(*given)))
    at = opened("anomaly", **DIGITS | query)
    assert not at.exception
    at.button(key="train").click().run()
    assert not at.exception
    assert not at.warning
    drawn = {one.proto.id.rsplit("-", 1)[-1] for one in at.get("bidi_component")}
    assert {"oddness", "auroc", "oddest_normal", "most_normal_odd", "found_by_alarms"} <= drawn
    ours = ["both", "angle", "density", "error", *(["bound"] if "method" in query else [])]
    names = [*ours, "pca", "pca_both", "isolation_forest"]
    assert list(table(at)) == [WORDS(f"anomaly.by.{name}") for name in names]


def test_what_is_put_up_with_moves_the_threshold(runs):
    found = []
    for allowed in ("1", "30"):
        at = opened("anomaly", **DIGITS, allowed=allowed)
        assert not at.exception
        found.append([float(one.value.split()[0]) for one in at.subheader])
    (few, few_alarms), (many, many_alarms) = found
    assert few <= many
    assert few_alarms <= many_alarms


def test_a_visitor_s_own_picture_is_judged_and_what_is_none_is_refused(runs):
    at = opened("anomaly", **DIGITS)
    assert not curtains(at)
    at.get("file_uploader")[0].set_value(("mine.png", digit(), "image/png"))
    at.run()
    assert not at.exception
    names = [one["name"] for one in curtains(at)[0]["pictures"]]
    assert names == [WORDS(f"anomaly.{name}") for name in ("picture", "where", "rebuilt")]
    assert any(said.startswith(("**Odd**", "**Normal**")) for said in sentences(at).splitlines())
    for reason, content in {"empty": b"", "no_picture": b"no", "truncated": digit()[:200]}.items():
        at.get("file_uploader")[0].set_value(("mine.png", content, "image/png"))
        at.run()
        assert not at.exception
        assert [one.value for one in at.error] == [WORDS(f"refused.{reason}")]


def test_a_visitor_s_own_photograph_is_looked_at_patch_by_patch(runs):
    at = opened("anomaly", data="patches", size="8", steps="3")
    at.get("file_uploader")[0].set_value(("mine.png", digit(), "image/png"))
    at.run()
    assert not at.exception
    assert len(curtains(at)[0]["pictures"]) == 3


def test_the_command_line_says_how_odd_a_digit_is_and_where(tmp_path):
    source, where, scores = tmp_path / "digit.png", tmp_path / "where.png", tmp_path / "scores.json"
    source.write_bytes(digit())
    for target in (where, scores):
        assert main(["apply", "anomaly", str(source), str(target)]) == 0
    assert np.asarray(Image.open(where)).shape == (280, 280, 3)
    found = json.loads(scores.read_text())
    assert list(found) == ["both", "angle", "density", "error", "threshold", "odd"]
    assert found["odd"] == (found["both"] > found["threshold"])
    source.write_bytes(b"")
    assert main(["apply", "anomaly", str(source), str(where)]) == 2
