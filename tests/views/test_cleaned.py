"""Whole recordings: as noisy as is said, better once they are clean, and the same again where nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

import aecore as ae
from aecore import networks, sounds, views
from aecore.baselines import SpectralGating
from aecore.samples import Samples

NUMBER = 23


@pytest.mark.parametrize("kind", sounds.NOISES)
def test_a_recording_is_as_noisy_as_is_said_and_its_noise_is_told(kind):
    clean = views.recording(NUMBER)
    noisy, noise = views.noisy_recording(NUMBER, kind, 5)
    assert sounds.ratio(noisy, clean) == pytest.approx(5, abs=0.01)
    assert np.array_equal(noisy, views.noisy_recording(NUMBER, kind, 5)[0])
    assert len(noise) == sounds.RATE
    if kind != "babble":  # which comes and goes
        assert np.std(noise) == pytest.approx(np.std(noisy - clean), rel=0.05)


@pytest.mark.parametrize("length", [1, 300, 20_000])
def test_a_network_that_changes_nothing_leaves_the_sound(length):
    model = networks.Maps(channels=4, blocks=1).build((sounds.BANDS, 128), "identity")
    # Its highest band is left out, so it may hold nothing.
    wave = np.interp(np.arange(length) / 8, np.arange(length), np.random.default_rng(0).normal(size=length))
    np.testing.assert_allclose(views.cleaned(model, wave), wave, atol=0.02)


@pytest.mark.parametrize("told", [True, False])
def test_spectral_gating_takes_white_noise_off(told):
    clean = views.recording(NUMBER)
    noisy, noise = views.noisy_recording(NUMBER, "white", 5)
    assert sounds.ratio(views.gated(noisy, noise if told else None), clean) > 5 + (5 if told else 1)


def test_a_gate_is_shut_for_the_noise_and_open_for_what_is_louder():
    noise = sounds.spectrum(np.random.default_rng(0).normal(size=8000)).abs()[None, :-1]
    gating = SpectralGating.fit(Samples(noise, noise))
    assert gating.gate(noise).mean() < 0.1
    assert gating.gate(100 * noise)[:, 1:-1, 2:-2].mean() > 0.999


def test_a_spectrogram_is_dark_in_silence_and_bright_where_it_sounds():
    wave = np.concatenate([np.zeros(4000), np.sin(2 * np.pi * 3000 / sounds.RATE * np.arange(4000))])
    picture = views.spectrogram(wave)
    assert picture.shape == (sounds.BANDS, 126, 3)
    brightness = picture.sum(2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert row == pytest.approx(sounds.BANDS * (1 - 3 / 4), abs=2)
    assert column > 62


def test_patches_and_gains_are_of_the_model_and_of_held_out_sounds():
    experiment = ae.Experiment.from_query("data=noisy_speech&task=audio&channels=4&blocks=1")
    model = experiment.build()
    samples = experiment.data.load("test").at(slice(3))
    found = views.patches(model, samples)
    assert {name: picture.shape for name, picture in found.items()} == dict.fromkeys(
        ("noisy", "rebuilt", "remains"), (3, sounds.BANDS, 64, 3)
    )
    np.testing.assert_allclose(found["noisy"], found["rebuilt"], atol=1e-5)
    gained, nearer = views.gains(model, "white", 5, 2)
    # It changes nothing but leaves the highest band out.
    assert 0 <= gained < 0.2
    assert abs(nearer) < 0.5
    assert views.gains(None, "white", 5, 2)[0] > 4


def test_what_can_be_listened_to_is_held_out_and_long_enough():
    heard = views.heard()
    assert len(heard) == 12
    assert all(len(views.recording(number)) > sounds.RATE for number in heard.values())
