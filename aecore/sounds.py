"""Sounds: waves and their spectra, noises to disturb them with, and how good they are; all at one rate, one channel."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

Wave: TypeAlias = np.ndarray
Noise: TypeAlias = Callable[[int, Wave, np.random.Generator], Wave]

RATE = 8000  # samples a second
# Samples of a window, 32 ms, and from one to the next; bands below the highest, which is left out.
WINDOW, HOP, BANDS = 256, 64, 128
# Amplitudes well below 1 / LOUD are written linearly, those well above it logarithmically.
LOUD = 10.0
VOICES = 6  # that speak at once in babble
QUIET = 1e-6  # an amplitude that nobody hears
ROUNDS, MOMENTUM = 60, 0.99  # in which phases are looked for


def read(path: Path, rate: int) -> Wave:
    """Return a shipped sound of this rate, float32 in [-1, 1].

    Raises
    ------
    ValueError
        If it has another rate.
    """
    import soundfile

    wave, found = soundfile.read(path, dtype="float32")
    if found != rate:
        raise ValueError(f"{path} has {found} samples a second, not {rate}")
    return wave


def written(wave: Wave, rate: int = RATE, kind: str = "WAV") -> bytes:
    """Write a wave as a file of 16 bits a sample.

    Raises
    ------
    ValueError
        If no sound file is of this kind.
    """
    import soundfile

    if kind.upper() not in soundfile.available_formats():
        raise ValueError(f"no sound file is of the kind {kind!r}")
    stream = io.BytesIO()
    soundfile.write(stream, np.clip(wave, -1, 1), rate, format=kind.upper())
    return stream.getvalue()


def spectrum(wave: Wave, window: int = WINDOW, hop: int = HOP) -> Tensor:
    """Return the short-time Fourier transform with Hann windows, complex of shape ``(window / 2 + 1, frames)``.

    A sine of amplitude 1 has magnitude 1 in its band.
    """
    x = torch.from_numpy(np.asarray(wave, np.float32))
    if len(x) <= window // 2:  # too short to be mirrored at its ends
        x = torch.nn.functional.pad(x, (0, window // 2 + 1 - len(x)))
    window_of = torch.hann_window(window)
    return torch.stft(x, window, hop, window=window_of, return_complex=True) / (window / 4)


def wave_of(spectrum: Tensor, length: int, window: int = WINDOW, hop: int = HOP) -> Wave:
    """Return the wave of `length` samples whose short-time Fourier transform is nearest to a spectrum."""
    least = max(length, window // 2 + 1)
    found = torch.istft(spectrum * (window / 4), window, hop, window=torch.hann_window(window), length=least)
    return found[:length].numpy()


def griffin_lim(
    magnitude: Tensor,
    length: int,
    window: int = WINDOW,
    hop: int = HOP,
    *,
    rounds: int = ROUNDS,
    momentum: float = MOMENTUM,
    phase: Tensor | None = None,
) -> Wave:
    """Return a wave of `length` samples whose spectrum has nearly some magnitudes, the phases being unknown.

    Each round takes the spectrum of the wave that is nearest to what was found so far, a little beyond the last
    round's, and gives it the wanted magnitudes.

    Parameters
    ----------
    magnitude : Tensor
        As of :func:`spectrum`, ``(window / 2 + 1, frames)``.
    length, window, hop : int
    rounds : int
    momentum : float
        How far beyond; 0 is the plain algorithm, whose error never grows.
    phase : Tensor, optional
        What to begin with, in radians; by default chance, always the same.

    References
    ----------
    D. W. Griffin and J. S. Lim, Signal estimation from modified short-time Fourier transform, IEEE TASSP 32 (1984)
    236-243.
    N. Perraudin, P. Balazs, P. L. Sondergaard, A fast Griffin-Lim algorithm, WASPAA 2013: the momentum.
    """
    if phase is None:
        phase = 2 * math.pi * torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0))
    found = torch.polar(magnitude, phase)
    before = None
    for _ in range(rounds):
        consistent = spectrum(wave_of(found, length, window, hop), window, hop)
        ahead = consistent if before is None else consistent + momentum * (consistent - before)
        found = torch.polar(magnitude, ahead.angle())
        before = consistent
    return wave_of(found, length, window, hop)


def loudness(magnitude: Tensor) -> Tensor:
    r"""Return :math:`\log(1 + 10 m) / \log 11` of magnitudes, which takes [0, 1] to [0, 1].

    Examples
    --------
    >>> loudness(torch.tensor([0.0, 0.01, 0.1, 1.0]))
    tensor([0.0000, 0.0397, 0.2891, 1.0000])
    """
    return torch.log1p(LOUD * magnitude) / math.log1p(LOUD)


def magnitude(loudness: Tensor) -> Tensor:
    """Return the magnitudes of some :func:`loudness`; what is less than none counts as none."""
    return torch.expm1(loudness.clamp(min=0) * math.log1p(LOUD)) / LOUD


def patch(spectrum: Tensor) -> Tensor:
    """Return the loudness of a spectrum without its highest band, ``(bands, frames)``."""
    return loudness(spectrum.abs()[:-1])


def loudest(spectrum: Tensor) -> float:
    """Return the largest magnitude of a spectrum, at least one that is not silence."""
    return max(float(spectrum.abs()[:-1].max()), QUIET)


def white(count: int, speech: Wave, rng: np.random.Generator) -> Wave:
    """Return white noise, as strong in each band as in any other."""
    return rng.standard_normal(count, dtype=np.float32)


def hum(count: int, speech: Wave, rng: np.random.Generator) -> Wave:
    """Return the hum of the mains, 48 to 62 Hz, with twelve harmonics of random strength."""
    phase = 2 * np.pi * rng.uniform(48, 62) / RATE * np.arange(count)
    overtones = np.arange(1, 13)
    strengths, shifts = rng.random(12) / np.sqrt(overtones), 2 * np.pi * rng.random(12)
    return (strengths @ np.sin(np.outer(overtones, phase) + shifts[:, None])).astype(np.float32)


def babble(count: int, speech: Wave, rng: np.random.Generator) -> Wave:
    """Return six places of some speech at once."""
    starts = rng.integers(max(len(speech) - count, 1), size=VOICES)
    total = np.zeros(count, np.float32)
    for start in starts:
        total += np.resize(speech[start : start + count], count)
    return total


NOISES: dict[str, Noise] = {"white": white, "hum": hum, "babble": babble}


def disturbed(wave: Wave, noise: Wave, ratio: float) -> Wave:
    """Return a wave with noise so strong that the signal-to-noise ratio is `ratio` decibels."""
    strength = np.sqrt(np.square(wave).mean() / max(np.square(noise).mean(), QUIET**2)) * 10 ** (-ratio / 20)
    return wave + np.float32(strength) * noise


def ratio(found: Wave, true: Wave) -> float:
    """Return the signal-to-noise ratio of a wave in decibels, what differs from the true one being the noise.

    Examples
    --------
    >>> round(ratio(np.array([1.1, 0.0]), np.array([1.0, 0.0])), 6)
    20.0
    """
    wrong = np.square(np.asarray(found, float) - true).sum()
    return float(10 * np.log10(max(np.square(np.asarray(true, float)).sum(), QUIET**2) / max(wrong, QUIET**2)))


def distance(found: Wave, true: Wave) -> float:
    """Return the log-spectral distance in decibels: root mean square over bands, mean over frames.

    Magnitudes count from 60 dB below the loudest of the true wave.
    """
    one, other = (spectrum(each).abs() for each in (found, true))
    floor = 1e-3 * loudest(other)
    gaps = 20 * torch.log10(one.clamp(min=floor) / other.clamp(min=floor))
    return float(gaps.square().mean(0).sqrt().mean())


def phase_sensitive(true: Tensor, noisy: Tensor) -> Tensor:
    """Return the magnitudes that come nearest to a true spectrum if the phases are those of a noisy one.

    They lie between none and those of the noisy one, so that a mask gives them.

    References
    ----------
    H. Erdogan, J. R. Hershey, S. Watanabe, J. Le Roux, Phase-sensitive and recognition-boosted speech separation
    using deep recurrent neural networks, ICASSP 2015.
    """
    return (true * noisy.conj()).real.div(noisy.abs().clamp(min=QUIET)).clamp(min=0).minimum(noisy.abs())
