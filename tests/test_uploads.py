"""Files of strangers: what can be read is read as it looks, what cannot is refused with a reason, nothing crashes."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from aecore import uploads
from aecore.text import LANGUAGES, Say, words

SHADES = np.linspace(0, 255, 12 * 20).reshape(12, 20).astype(np.uint8)


def written(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"])
def test_a_picture_of_any_mode_is_read(mode):
    image = Image.fromarray(SHADES.astype(np.uint16) * 257 if mode in ("I;16", "I") else SHADES)
    found = uploads.picture(written(image if mode == "I;16" else image.convert(mode), "TIFF" if mode == "I" else "PNG"))
    assert found.shape == (12, 20, 3)
    assert found.dtype == np.float32
    if mode != "1":
        np.testing.assert_allclose(found[:, :, 0], SHADES / 255, atol=0.02)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_of_any_kind_is_read(kind):
    found = uploads.picture(written(Image.fromarray(SHADES), kind))
    np.testing.assert_allclose(found.mean(2), SHADES / 255, atol=0.06)


def test_what_is_transparent_lies_on_white():
    assert uploads.picture(written(Image.new("RGBA", (4, 4), (0, 0, 0, 0)))).min() == 1


def test_a_picture_stands_upright_as_its_camera_held_it():
    turned = Image.fromarray(SHADES)
    exif = turned.getexif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    found = uploads.picture(written(turned, "JPEG", exif=exif, quality=95))
    assert found.shape[:2] == (20, 12)
    np.testing.assert_allclose(found.mean(2), np.rot90(SHADES, -1) / 255, atol=0.06)


def test_a_large_picture_is_made_smaller():
    assert uploads.picture(written(Image.new("L", (3000, 1000)))).shape == (341, 1024, 3)


def declared(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"no picture at all", "no_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no_picture"),
        (declared(10_000, 10_000), "too_many_pixels"),
        (declared(100_000, 100_000), "too_many_pixels"),
        (declared(30, 30), "truncated"),
        (written(Image.fromarray(SHADES))[:60], "truncated"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(content, reason):
    with pytest.raises(uploads.Refused) as refused:
        uploads.picture(content)
    assert refused.value.reason == reason
    for language in LANGUAGES:
        assert "{" not in Say(language)(f"refused.{reason}", **refused.value.facts)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=20), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF"]))
def test_no_damage_to_a_file_does_more_than_refuse_it(place, damage, kind):
    content = written(Image.fromarray(SHADES), kind)
    place %= len(content)
    try:
        found = uploads.picture(content[:place] + damage + content[place + len(damage) :])
    except uploads.Refused as refused:
        assert f"refused.{refused.reason}" in words("en")
    else:
        assert found.min() >= 0
        assert found.max() <= 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"CCO\r\n\r\nC1CC ring\r\n", [(1, "CCO", ""), (3, "C1CC", "ring")]),
        (b"\xef\xbb\xbfSMILES\nCCO\n", [(2, "CCO", "")]),
        (b"id,Smiles,name\n1,CCO,ethanol\n2,,nothing\n3,CC\n", [(2, "CCO", "ethanol"), (4, "CC", "")]),
        (b"smiles;name\nCCO;ethanol\n", [(2, "CCO", "ethanol")]),
        (b"CCO\tethanol\nCC\tethane\n", [(1, "CCO", "ethanol"), (2, "CC", "ethane")]),
    ],
)
def test_smiles_are_read_with_the_lines_that_they_stand_on(content, found):
    assert [tuple(line) for line in uploads.molecules(content)] == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no_text"),
        (b"CCO\x00", "no_text"),
        (b"\n  \n", "no_smiles"),
        (b"name,weight\nethanol,46\n", "no_smiles"),
        (b"C\n" * 2001, "too_many_lines"),
        (b"C" * 5_000_001, "too_large"),
    ],
)
def test_a_file_without_smiles_is_refused_with_a_reason(content, reason):
    with pytest.raises(uploads.Refused) as caught:
        uploads.molecules(content)
    assert caught.value.reason == reason
    for language in LANGUAGES:
        assert Say(language)(f"refused.{reason}", **caught.value.facts)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
@example(b";")  # a table without a head
def test_any_bytes_are_smiles_or_refused(content):
    try:
        assert all(line.smiles and line.number for line in uploads.molecules(content))
    except uploads.Refused as refused:
        assert f"refused.{refused.reason}" in words("en")
