"""Sounds: spectra there and back, noises as strong as is said, measures as other libraries have them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.signal import ShortTimeFFT, istft, stft
from scipy.signal.windows import hann

from aecore import sounds

RNG = np.random.default_rng(0)
SECOND = RNG.normal(size=sounds.RATE).astype(np.float32) / 10


@pytest.mark.parametrize("length", [1, 100, 255, 256, 3001])
def test_a_wave_comes_back_from_its_spectrum(length):
    wave = SECOND[:length]
    back = sounds.wave_of(sounds.spectrum(wave), length)
    assert back.shape == wave.shape
    np.testing.assert_allclose(back, wave, atol=1e-5)


def test_the_spectrum_is_scipy_s_and_a_sine_has_its_amplitude():
    scipy = ShortTimeFFT(hann(sounds.WINDOW, sym=False), sounds.HOP, sounds.RATE).stft(SECOND)
    ours = sounds.spectrum(SECOND).abs().numpy() * sounds.WINDOW / 4
    # Away from the ends, which the two continue otherwise; scipy begins a window earlier.
    np.testing.assert_allclose(ours[:, 10:100], np.abs(scipy)[:, 11:101], atol=1e-3)
    sine = 0.5 * np.sin(2 * np.pi * 1000 / sounds.RATE * np.arange(sounds.RATE))
    assert sounds.loudest(sounds.spectrum(sine)) == pytest.approx(0.5, rel=1e-2)


def test_loudness_goes_there_and_back():
    m = torch.linspace(0, 1, 50)
    torch.testing.assert_close(sounds.magnitude(sounds.loudness(m)), m)


@pytest.mark.parametrize("kind", sounds.NOISES)
@pytest.mark.parametrize("ratio", [-5.0, 0.0, 15.0])
def test_noise_is_as_strong_as_is_said(kind, ratio):
    speech = RNG.normal(size=50_000).astype(np.float32)
    noise = sounds.NOISES[kind](len(SECOND), speech, np.random.default_rng(1))
    assert noise.shape == SECOND.shape
    noisy = sounds.disturbed(SECOND, noise, ratio)
    assert sounds.ratio(noisy, SECOND) == pytest.approx(ratio, abs=1e-3)


def test_hum_is_the_mains_and_its_harmonics():
    strength = np.abs(np.fft.rfft(sounds.hum(sounds.RATE, SECOND, np.random.default_rng(3)))) ** 2
    assert strength[:48].sum() + strength[13 * 62 :].sum() < 0.05 * strength.sum()


def test_a_short_speech_still_babbles():
    assert sounds.babble(500, SECOND[:100], np.random.default_rng(0)).shape == (500,)


def test_the_distance_of_half_the_amplitude_is_six_decibels():
    assert sounds.distance(SECOND, SECOND) == 0
    assert sounds.distance(SECOND / 2, SECOND) == pytest.approx(20 * np.log10(2), abs=0.05)


def test_no_other_magnitude_with_the_noisy_phases_comes_nearer():
    true, noisy = torch.randn(2, 500, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    best = sounds.phase_sensitive(true, noisy)
    phase = noisy / noisy.abs()
    error = (best * phase - true).abs()
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        assert (error <= (share * noisy - true).abs() + 1e-5).all()
    assert (best <= noisy.abs()).all()


def test_what_is_written_is_read_again(tmp_path):
    for kind in ("wav", "flac"):
        path = tmp_path / f"one.{kind}"
        path.write_bytes(sounds.written(SECOND, kind=kind))
        np.testing.assert_allclose(sounds.read(path, sounds.RATE), SECOND, atol=1e-4)
    with pytest.raises(ValueError, match="8000"):
        sounds.read(path, 16_000)
    with pytest.raises(ValueError, match="'xyz'"):
        sounds.written(SECOND, kind="xyz")


def test_phases_are_found_as_scipy_s_transform_finds_them():
    magnitude = sounds.spectrum(SECOND[: 40 * sounds.HOP]).abs()
    phase = torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(1))
    length = sounds.HOP * (magnitude.shape[1] - 1)
    windows = {"nperseg": sounds.WINDOW, "noverlap": sounds.WINDOW - sounds.HOP}
    found = magnitude.numpy() * np.exp(1j * phase.numpy())
    before = np.zeros_like(found)
    for turn in range(5):
        _, wave = istft(found, **windows, boundary=True)
        _, _, consistent = stft(wave[:length], **windows, boundary="even", padded=False)
        ahead = consistent + (0.9 * (consistent - before) if turn else 0)
        found, before = magnitude.numpy() * np.exp(1j * np.angle(ahead)), consistent
    _, wave = istft(found, **windows, boundary=True)
    ours = sounds.griffin_lim(magnitude, length, rounds=5, momentum=0.9, phase=phase)
    # Scipy counts a sine half at its frequency and half at the negative one.
    np.testing.assert_allclose(2 * ours, wave[:length], atol=1e-3 * np.abs(wave).max())


def gap(wave, magnitude):
    """What the magnitudes of a wave lack, as a share."""
    return float((sounds.spectrum(wave).abs() - magnitude).norm() / magnitude.norm())


def test_plain_griffin_and_lim_never_goes_astray_and_momentum_comes_nearer():
    times = np.arange(sounds.RATE // 2) / sounds.RATE
    wave = sum(np.sin(2 * np.pi * 220 * n * times) / n for n in range(1, 9)).astype(np.float32) * np.exp(-4 * times)
    magnitude = sounds.spectrum(wave).abs()

    plain = [
        gap(sounds.griffin_lim(magnitude, len(wave), rounds=rounds, momentum=0), magnitude)
        for rounds in (0, 1, 2, 4, 8, 16, 32)
    ]
    assert all(later <= sooner + 1e-4 for sooner, later in pairwise(plain))
    fast = gap(sounds.griffin_lim(magnitude, len(wave)), magnitude)
    assert fast < min(0.1, plain[-1])


@pytest.mark.parametrize("length", [1, 255, 3001])
def test_a_wave_of_any_length_is_made_of_magnitudes(length):
    assert sounds.griffin_lim(sounds.spectrum(SECOND[:length]).abs(), length, rounds=2).shape == (length,)
