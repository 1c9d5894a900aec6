"""The page on which pictures become files and files become pictures."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aecore import lossless, views
from aecore.compress import EXAMPLES
from aecore.text import LANGUAGES, Say
from pages._ui import packed, resources
from tests.pages.test_pages import opened, sentences
from tests.pages.test_photos import curtains, written

FEW = {"data": "tiles", "size": "16", "steps": "3", "blocks": "1", "batch": "4"}
DIGITS = {"data": "fashion_mnist", "hidden": "8", "latent": "4", "steps": "3"}


def names(at: AppTest) -> list[str]:
    return [one["name"] for one in curtains(at)[0]["pictures"]]


def figures(at: AppTest) -> list[str]:
    return [json.loads(one.proto.json)["alt"] for one in at.get("bidi_component") if '"alt"' in one.proto.json]


def test_photos_are_shown_beside_jpeg_and_webp_of_like_length(runs, monkeypatch):
    monkeypatch.setattr(resources, "aside", measured)
    monkeypatch.setattr(views, "held_out_pictures", lambda data: [views.photo("chelsea")[:64, :64]])
    monkeypatch.setattr(packed, "rates", packed.rates.__wrapped__)
    words = Say("en")
    at = opened("compression", **FEW)
    assert not at.exception
    at.button(key="train").click().run()
    assert not at.exception
    assert names(at) == [words(f"compression.{name}") for name in ("JPEG", "rebuilt", "WEBP", "true", "where")]
    assert {words("alt.quality_by_length"), words("alt.spent")} <= set(figures(at))
    said = sentences(at)
    assert words("compression.headers", bytes=views.HEADER, webp=views.WEBP_HEADER) in said
    for kind in ("JPEG", "WEBP"):
        assert words("compression.beside_photo", kind=words(f"compression.{kind}"), length=0.4, psnr=30.0) in said


# As if measured: what JPEG and WebP come to costs seconds and is tested elsewhere.
FEWER = {kind: [views.Point(3000, 0.4, 30.0)] for kind in ("JPEG", "WEBP")}


def measured(make, *given):
    if make is packed.rates:
        return make(*given)
    return FEWER if make is views.rates_otherwise else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_pictures_are_shown_in_rows(runs, language, monkeypatch):
    words = Say(language)
    at = opened("compression", language, **DIGITS)
    with monkeypatch.context() as patch:
        patch.setattr(resources, "aside", lambda make, *given: None)
        at.button(key="train").click().run()
        assert words("compression.pending") in [one.value for one in at.caption]
    monkeypatch.setattr(resources, "aside", measured)
    at.run()
    assert not at.exception
    assert words("alt.packed_samples") in figures(at)
    assert words("compression.beside_sample", kind="WebP", length=3000.0, psnr=30.0) in sentences(at)


def test_a_visitor_s_picture_becomes_a_file_and_a_picture_again(runs, monkeypatch):
    monkeypatch.setattr(resources, "aside", lambda make, *given: None)
    words = Say("en")
    at = opened("compression", **FEW)
    colours = np.random.default_rng(0).integers(0, 255, (30, 41, 3), np.uint8)
    pack = at.get("file_uploader")[0]
    pack.set_value(("mine.png", written(colours), "image/png"))
    at.run()
    assert not at.exception
    assert len(curtains(at)) == 2
    content = at.session_state.packed[2]
    assert views.header_of(content).shape == (30, 41)
    at.get("file_uploader")[1].set_value(("mine.gargalo", content, "application/octet-stream"))
    at.run()
    assert not at.exception
    assert not at.error
    assert words("compression.unpacked", bytes=len(content), height=30, width=41) in [one.value for one in at.caption]
    stranger = bytearray(content)
    stranger[8:16] = b"stranger"
    stranger[4:8] = zlib.crc32(bytes(stranger[8:])).to_bytes(4, "big")
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    wrong = {
        "empty": (b"", {}),
        "not_compressed": (written(colours), {}),
        "damaged": (flipped, {}),
        "other_model": (bytes(stranger), {"model": b"stranger".hex()}),
    }
    for reason, (bad, facts) in wrong.items():
        at.get("file_uploader")[1].set_value(("mine.gargalo", bad, "application/octet-stream"))
        at.run()
        assert not at.exception
        assert [one.value for one in at.error] == [words(f"refused.{reason}", **facts)]
    at.get("file_uploader")[1].set_value(("mine.gargalo", content, "application/octet-stream"))
    at.get("file_uploader")[0].set_value(("mine.png", written(colours)[:200], "image/png"))
    at.run()
    assert [one.value for one in at.error] == [words("refused.truncated")]


def test_a_visitor_s_file_of_any_kind_is_packed_beside_gzip_and_zstandard(runs, monkeypatch):
    content = b"a,b\n" + b"".join(f"{i},{i * i}\n".encode() for i in range(300))
    known = len(content), lossless.compared(content) | {"network": lossless.by_network_alone(content)}
    asked = []

    def aside(make, *given):
        if make is not packed.example_packed:
            return None
        asked.append(given[0])
        return known if given[0] != EXAMPLES[-1] else None

    monkeypatch.setattr(resources, "aside", aside)
    words = Say("pt_BR")
    at = opened("compression", "pt_BR", **FEW)
    at.file_uploader(key="to_pack_exactly").set_value(("mine.csv", content, "text/csv"))
    at.run()
    assert not at.exception
    tables = [one.value for one in at.markdown if one.value.startswith("| ")]
    yours, examples = (
        next(one for one in tables if words(key, **facts) in one)
        for key, facts in (("compression.any_yours", {"bytes": len(content)}), ("compression.any_example", {}))
    )
    for name in packed.CODERS:
        assert words(f"compression.by.{name}") in yours
        assert words(f"compression.by.{name}") in examples
    assert set(asked) == set(EXAMPLES)
    rows = [line for line in examples.splitlines() if "`" in line]
    assert ["…" in line for line in rows] == [name == EXAMPLES[-1] for name in EXAMPLES]
    assert words("compression.any_pending") in [one.value for one in at.caption]
    found = at.session_state.packed_exactly[1]
    assert words.number(found["gzip"].length, 0) in yours
    made = found["bytes"].content
    assert lossless.unpacked(made) == content
    for bad, reason in ((made[:-1], "damaged"), (made[:3] + b"?" + made[4:], "not_compressed")):
        at.file_uploader(key="to_unpack").set_value(("mine.csv.gargalo", bad, "application/octet-stream"))
        at.run()
        assert [one.value for one in at.error] == [words(f"refused.{reason}")]
    at.file_uploader(key="to_unpack").set_value(("mine.csv.gargalo", made, "application/octet-stream"))
    at.run()
    assert not at.error
    said = words("compression.any_unpacked", bytes=len(made), length=len(content))
    assert said in [one.value for one in at.caption]
    monkeypatch.setattr(lossless, "MOST", 1000)
    at.file_uploader(key="to_pack_exactly").set_value(("more.csv", content * 2, "text/csv"))
    at.run()
    assert {one.value for one in at.error} == {words("refused.too_large", most=0.001)}
