"""The page of musical notes: rebuilt, read, morphed, and a visitor's own."""

from __future__ import annotations

import io
import re
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from aecore import sounds
from aecore.text import Say
from pages._ui import resources
from tests.pages.test_pages import opened

PAGE = Path(__file__).parents[2] / "pages" / "applications" / "notes.py"
METHODS = re.findall(r'"(\w+)"', re.search(r"method=\((.*?)\)", PAGE.read_text("utf-8"))[1])
FEW = {"steps": "3", "channels": "4", "latent": "3", "batch": "8"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """What is computed aside is there at once, and phases are not looked for long."""
    monkeypatch.setattr(resources, "aside", lru_cache(lambda make, *given: make(*given)))
    monkeypatch.setattr(sounds, "griffin_lim", partial(sounds.griffin_lim, rounds=1))


def players(at: AppTest) -> list[str]:
    return [one.proto.url for one in at.get("audio")]


def tone(seconds: float, kind: str = "WAV") -> bytes:
    wave = 0.3 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * 22_050)) / 22_050)
    stream = io.BytesIO()
    soundfile.write(stream, wave, 22_050, format=kind)
    return stream.getvalue()


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_the_page_says_that_it_is_untrained_and_after_training_reads_the_codes(runs, lang):
    words = Say(lang)
    at = opened("notes", lang, **FEW)
    assert not at.exception
    assert words("notes.untrained") in [one.value for one in at.info]
    before = players(at)
    assert len(before) == 8
    at.button(key="train").click().run()
    assert not at.exception
    assert words("notes.untrained") not in [one.value for one in at.info]
    after = players(at)
    # The note itself, with new phases, the network, PCA; the first note, the morph, the crossfade, the second note.
    assert after[2] != before[2]
    assert after[5] != before[5]
    [table] = [one.value for one in at.markdown if one.value.startswith("| ")]
    for name in ("rebuilt", "pca", "spectrum"):
        assert f"| {words(f'notes.by_{name}')} |" in table


def test_what_is_chosen_is_in_the_address_and_changes_what_is_heard(runs):
    look = {"note": "organ-51-60", "instrument": "cello", "pitch": "50", "way": "20", "coloured": "pitch"}
    one, other = opened("notes", **FEW), opened("notes", **FEW, **look)
    assert not other.exception
    assert not other.warning
    heard, changed = players(one), players(other)
    assert [place for place in range(7) if heard[place] == changed[place]] == []
    at = opened("notes", **FEW, instrument="kazoo", pitch="20", way="500")
    assert len(at.warning) == 3
    assert not at.exception


def test_a_morph_at_its_end_is_nearest_to_the_crossfade_s_note(runs):
    at = opened("notes", **FEW, way="100")
    assert "Trumpet G4, hard" in [one.value for one in at.subheader]


@pytest.mark.parametrize("method", METHODS)
def test_any_method_can_be_chosen(runs, method):
    at = opened("notes", **FEW | {"steps": "2"}, method=method)
    at.button(key="train").click().run()
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_a_visitor_s_own_note_is_rebuilt_and_what_is_none_is_refused(runs, lang):
    at = opened("notes", lang, **FEW)
    at.get("file_uploader")[0].set_value(("mine.flac", tone(1.5, "FLAC"), "audio/flac"))
    at.run()
    assert not at.exception
    assert not at.error
    assert len(players(at)) == 12
    at.get("file_uploader")[0].set_value(("mine.wav", b"nothing of the kind", "audio/wav"))
    at.run()
    assert [one.value for one in at.error] == [Say(lang)("refused.no_sound")]
    assert len(players(at)) == 8
