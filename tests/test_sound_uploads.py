"""Sounds of strangers: what can be read is read as it sounds, what cannot is refused with a reason."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore import uploads
from aecore.text import LANGUAGES, Say, words

RATE = 8000


def tone(seconds: float = 0.5, rate: int = RATE, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * 440 / rate * np.arange(round(seconds * rate)))
    return np.repeat(wave[:, None], channels, axis=1)


def written(wave: np.ndarray, rate: int = RATE, kind: str = "WAV", **how) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, wave, rate, format=kind, **how)
    return stream.getvalue()


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_number_of_channels_sounds_the_same(rate, channels):
    found = uploads.sound(written(tone(0.5, rate, channels), rate), RATE)
    assert (found.rate, found.channels) == (rate, channels)
    assert len(found.wave) == RATE // 2
    np.testing.assert_allclose(found.wave[200:-200], tone()[200:-200, 0], atol=0.01)


@pytest.mark.parametrize(
    ("kind", "depth"), [("WAV", "PCM_U8"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("FLAC", None), ("OGG", None)]
)
def test_any_kind_and_depth_is_read(kind, depth):
    found = uploads.sound(written(tone(), kind=kind, subtype=depth), RATE)
    np.testing.assert_allclose(found.wave[400:3600], tone()[400:3600, 0], atol=0.05)


def a_day_long() -> bytes:
    """A WAV file of a few bytes that says it lasts 24 hours."""
    content = bytearray(written(tone()))
    struct.pack_into("<I", content, content.index(b"data") + 4, 24 * 3600 * RATE * 2)
    return bytes(content)


def a_day_of_flac() -> bytes:
    """A FLAC file whose header says the same, in the 36 bits that are meant for it."""
    content = bytearray(written(tone(), kind="FLAC"))
    declared = int.from_bytes(content[18:26], "big")
    content[18:26] = (declared >> 36 << 36 | 24 * 3600 * RATE).to_bytes(8, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"no sound at all", "no_sound"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "no_sound"),
        (written(tone())[:2000], "cut_short"),
        (written(tone(), kind="FLAC")[:1500], "cut_short"),
        (a_day_long(), "too_long"),
        (a_day_of_flac(), "too_long"),
        (written(tone(121)), "too_long"),
        (written(np.zeros((800, 1))), "silent"),
        (written(np.zeros((0, 1))), "silent"),
        (b"\x00" * 60_000_001, "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_with_a_reason(content, reason):
    with pytest.raises(uploads.Refused) as refused:
        uploads.sound(content, RATE)
    assert refused.value.reason == reason
    for language in LANGUAGES:
        assert "{" not in Say(language)(f"refused.{reason}", **refused.value.facts)


def test_what_is_too_long_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("decoded"))
    for content in (a_day_long(), a_day_of_flac()):
        with pytest.raises(uploads.Refused, match="too_long"):
            uploads.sound(content, RATE)


@pytest.mark.parametrize("length", [0, 2**32 - 1])
def test_a_recorder_that_did_not_know_the_length_is_believed(length):
    content = bytearray(written(tone()))
    struct.pack_into("<I", content, content.index(b"data") + 4, length)
    if length:
        assert len(uploads.sound(bytes(content), RATE).wave) == RATE // 2
    else:
        with pytest.raises(uploads.Refused):
            uploads.sound(bytes(content), RATE)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=20), st.sampled_from(["WAV", "FLAC", "OGG"]))
def test_no_damage_to_a_file_does_more_than_refuse_it(place, damage, kind):
    content = written(tone(0.1), kind=kind)
    place %= len(content)
    try:
        found = uploads.sound(content[:place] + damage + content[place + len(damage) :], RATE)
    except uploads.Refused as refused:
        assert f"refused.{refused.reason}" in words("en")
    else:
        assert np.isfinite(found.wave).all()
