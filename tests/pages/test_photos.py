"""The pages on which photographs are restored or cut into objects, and what becomes of a visitor's own."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from aecore.text import Say
from pages._ui import resources
from tests.pages.test_pages import opened

PAGES = ("noise_removal", "super_resolution", "segmentation")
FEW = {"steps": "3", "channels": "4", "blocks": "1", "batch": "4"}


def curtains(at: AppTest) -> list[dict]:
    found = [json.loads(one.proto.json) for one in at.get("bidi_component") if "pictures" in one.proto.json]
    return [one for one in found if "left" in one]


def written(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_photos_behind_a_curtain_before_and_after_training(runs, page):
    at = opened(page, **FEW)
    assert not at.exception
    before = curtains(at)
    assert before
    at.button(key="train").click().run()
    assert not at.exception
    after = curtains(at)
    for earlier, later in zip(before, after, strict=True):
        names = [one["name"] for one in later["pictures"]]
        assert Say("en")(f"{page}.rebuilt") in names
        assert [one["name"] for one in earlier["pictures"]][:2] == names[:2]
        assert earlier["pictures"][1]["src"] != later["pictures"][1]["src"]


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_s_own_picture_is_answered_and_what_is_none_is_refused(runs, page):
    at = opened(page, **FEW)
    known = len(curtains(at))
    uploader = at.get("file_uploader")[0]
    colours = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    uploader.set_value(("mine.png", written(colours), "image/png"))
    at.run()
    assert not at.exception
    assert not at.error
    assert len(curtains(at)) == known + 1
    wrong = {"empty": b"", "no_picture": b"nothing of the kind", "truncated": written(colours)[:200]}
    for reason, content in wrong.items():
        at.get("file_uploader")[0].set_value(("mine.png", content, "image/png"))
        at.run()
        assert not at.exception
        assert [one.value for one in at.error] == [Say("en")(f"refused.{reason}")]
        assert len(curtains(at)) == known


def test_the_table_marks_the_best_of_each_column_whoever_it_is(runs):
    at = opened("super_resolution", **FEW)
    at.button(key="train").click().run()
    (table,) = [one.value for one in at.markdown if one.value.startswith("| PSNR")]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert len(header) == 4
    names = {Say("en")(f"super_resolution.{name}") for name in ("coarse", "rebuilt", "lanczos")}
    assert {row[0] for row in rows} >= names
    for column in range(1, 4):
        numbers = [float(row[column].replace("*", "").replace("◂", "")) for row in rows]
        marked = [i for i, row in enumerate(rows) if "◂" in row[column]]
        assert marked
        assert all(numbers[i] == max(numbers) for i in marked)


def test_filters_in_use_today_are_computed_aside_and_then_shown(runs, monkeypatch):
    monkeypatch.setattr(resources, "aside", lambda make, *given: make(*given))
    at = opened("noise_removal", **FEW)
    names = [one["name"] for one in curtains(at)[0]["pictures"]]
    words = Say("en")
    wanted = ("noisy", "rebuilt", "wiener", "non_local_means", "clean")
    assert names == [words(f"noise_removal.{name}") for name in wanted]
