"""The page on which noise is taken off speech, and what becomes of a visitor's own sound."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from aecore import apply as applications
from aecore import sounds, uploads
from aecore.__main__ import main
from aecore.text import Say
from aecore.views import Gain
from pages._ui import resources
from tests.pages.test_pages import opened

FEW = {"steps": "3", "channels": "4", "blocks": "1", "batch": "4"}


def players(at: AppTest) -> list[str]:
    return [one.proto.url for one in at.get("audio")]


def written(seconds: float, kind: str = "WAV", rate: int = 22_050) -> bytes:
    wave = np.random.default_rng(0).normal(size=(round(seconds * rate), 2)) / 10
    stream = io.BytesIO()
    soundfile.write(stream, wave, rate, format=kind)
    return stream.getvalue()


def test_the_page_plays_sounds_before_and_after_training(runs, monkeypatch):
    monkeypatch.setattr("aecore.views.gains", lambda *_: Gain(0.0, 0.0))
    at = opened("audio", **FEW)
    assert not at.exception
    before = players(at)
    assert len(before) == 4
    at.button(key="train").click().run()
    assert not at.exception
    after = players(at)
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2:] == before[2:]


def test_noise_and_recording_are_in_the_address_and_change_what_is_heard(runs):
    one, other = (players(opened("audio", **FEW, **look)) for look in ({}, {"disturbed": "hum", "ratio": "0"}))
    assert one[0] != other[0]
    assert len(one) == len(other) == 4
    at = opened("audio", **FEW, disturbed="wind", ratio="90")
    assert len(at.warning) == 2
    assert not at.exception


def test_the_table_marks_the_better_of_network_and_gating(runs, monkeypatch):
    monkeypatch.setattr(resources, "aside", lambda make, *given: make(*given))
    monkeypatch.setattr("aecore.views.gains", lambda model, kind, ratio, count: Gain(1.0 + ratio if model else 8.0, 0))
    at = opened("audio", **FEW)
    at.button(key="train").click().run()
    assert not at.exception
    tables = [one.value for one in at.markdown if one.value.startswith("| ")]
    assert len(tables) == 3
    for table in tables:
        _, _, network, gating = (line.strip("|").split("|") for line in table.splitlines())
        assert ["◂" in cell for cell in network[1:]] == [False, False, True, True]
        assert ["◂" in cell for cell in gating[1:]] == [True, True, False, False]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_a_visitor_s_own_sound_is_answered_and_what_is_none_is_refused(runs, lang):
    at = opened("audio", lang, **FEW)
    at.get("file_uploader")[0].set_value(("mine.flac", written(0.5, "FLAC"), "audio/flac"))
    at.run()
    assert not at.exception
    assert not at.error
    assert len(players(at)) == 7
    words = Say(lang)
    assert any("22" in one.value and "050" in one.value for one in at.caption)
    wrong = {"empty": b"", "no_sound": b"nothing of the kind", "cut_short": written(0.5)[:4000]}
    wrong["too_long"] = written(121, rate=1000)
    for reason, content in wrong.items():
        at.get("file_uploader")[0].set_value(("mine.wav", content, "audio/wav"))
        at.run()
        assert not at.exception
        assert [one.value for one in at.error] == [words(f"refused.{reason}", most=uploads.sounds.LONGEST)]
        assert len(players(at)) == 4


def test_the_command_line_cleans_a_sound(tmp_path):
    source, target = tmp_path / "noisy.wav", tmp_path / "clean.flac"
    source.write_bytes(written(0.5))
    assert main(["apply", "audio", str(source), str(target)]) == 0
    assert len(sounds.read(target, sounds.RATE)) == sounds.RATE // 2
    assert main(["apply", "audio", str(source), str(tmp_path / "clean.xyz")]) == 1
    source.write_bytes(b"")
    assert main(["apply", "audio", str(source), str(target)]) == 2
    assert set(applications.TABLE) >= {"audio", "noise_removal"}
