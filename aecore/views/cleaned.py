"""Cleaned: whole recordings disturbed, freed from noise by a model and by spectral gating, and how good they are."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore import sounds
from aecore.baselines import SpectralGating
from aecore.datasets import noisy_speech
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.sounds import Wave
from aecore.views.tiled import tiled

# Held-out recordings that can be listened to.
HEARD = 12
# Seconds of noise alone that spectral gating is told; of a sound whose noise nobody knows, this share of its windows.
TOLD, QUIETEST = 1.0, 0.1
# From silence to the loudest.
_COLOURS = np.array([[0.05, 0.08, 0.10], [0.04, 0.42, 0.41], [0.94, 0.64, 0.37], [1.0, 0.97, 0.88]])


class Gain(NamedTuple):
    """How much better sounds became, in decibels.

    Attributes
    ----------
    ratio : float
        By how much the signal-to-noise ratio rose.
    distance : float
        By how much the log-spectral distance fell.
    """

    ratio: float
    distance: float


@lru_cache(maxsize=1)
def heard() -> dict[str, int]:
    """Return held-out recordings that are long enough to be listened to, by what is said: their numbers."""
    names = noisy_speech.names("test")
    long = [i for i, wave in enumerate(noisy_speech.recordings("test")) if len(wave) > 1.2 * sounds.RATE]
    return {names[i]: i for i in long[:: max(len(long) // HEARD, 1)][:HEARD]}


def recording(number: int) -> Wave:
    """Return a held-out recording."""
    return noisy_speech.recordings("test")[number]


@lru_cache(maxsize=1)
def _speech() -> Wave:
    return np.concatenate(noisy_speech.recordings("test"))


def disturbing(kind: str, count: int, number: int) -> Wave:
    """Return `count` samples of a kind of noise, the same for the same number; babble is of held-out recordings."""
    return sounds.NOISES[kind](count, _speech(), np.random.default_rng([number, count]))


def noisy_recording(number: int, kind: str, ratio: float) -> tuple[Wave, Wave]:
    """Return a held-out recording with noise, and a second of that noise alone, as strong as it is there."""
    wave, told = recording(number), int(TOLD * sounds.RATE)
    noise = disturbing(kind, len(wave) + told, number)
    noisy = sounds.disturbed(wave, noise[told:], ratio)
    strength = np.sqrt(np.square(noisy - wave).mean() / np.square(noise[told:]).mean())
    return noisy, (strength * noise[:told]).astype(np.float32)


def cleaned(model: Autoencoder, noisy: Wave) -> Wave:
    """Return what a model leaves of a noisy wave, with the noisy wave's phases.

    The spectrum goes through it in tiles that overlap, of the size that the model takes.
    """
    found = sounds.spectrum(noisy)
    gain = 1 / sounds.loudest(found)
    answer = tiled(model, sounds.patch(gain * found).numpy(), model.shape)
    left = sounds.magnitude(torch.from_numpy(answer)) / gain
    return _masked(found, left / found.abs()[:-1].clamp(min=sounds.QUIET), len(noisy))


def gated(noisy: Wave, noise: Wave | None = None) -> Wave:
    """Return what spectral gating leaves of a noisy wave.

    Parameters
    ----------
    noisy : ndarray
    noise : ndarray, optional
        A stretch of the noise alone; by default the tenth of the windows that are quietest is taken for that.
    """
    found = sounds.spectrum(noisy)
    alone = sounds.spectrum(noise).abs()[:-1] if noise is not None else _quietest(found.abs()[:-1])
    gating = SpectralGating.fit(Samples(alone[None], alone[None]))
    return _masked(found, gating.gate(found.abs()[None, :-1])[0], len(noisy))


def _quietest(magnitude: Tensor) -> Tensor:
    count = max(int(QUIETEST * magnitude.shape[1]), min(magnitude.shape[1], 2))
    return magnitude[:, magnitude.square().sum(0).argsort()[:count]]


def _masked(spectrum: Tensor, mask: Tensor, length: int) -> Wave:
    """Return a wave with each place of its spectrum taken less loud; the band that was left out is silent."""
    return sounds.wave_of(torch.nn.functional.pad(mask.clamp(0, 1), (0, 0, 0, 1)) * spectrum, length)


def spectrogram(wave: Wave, loudest: float | None = None) -> np.ndarray:
    """Return the picture of a sound, ``(bands, windows, 3)``: low notes below, time to the right.

    Parameters
    ----------
    wave : ndarray
    loudest : float, optional
        The magnitude that is brightest; by default the wave's own largest.
    """
    found = sounds.spectrum(wave)
    return coloured(sounds.patch(found / (loudest or sounds.loudest(found))))


@torch.inference_mode()
def patches(model: Autoencoder, samples: Samples) -> dict[str, np.ndarray]:
    """Return pictures of noisy patches, of what a model makes of them and of what should remain.

    Each has the shape ``(n, bands, windows, 3)``.
    """
    rows = {"noisy": samples.inputs, "rebuilt": model(samples.inputs), "remains": samples.targets}
    return {name: coloured(row) for name, row in rows.items()}


def coloured(loudness: Tensor) -> np.ndarray:
    """Return pictures of loudness ``(..., bands, windows)`` with colours along a last axis."""
    shades = loudness.clamp(0, 1).flip(-2).numpy()
    return np.stack([np.interp(shades, np.linspace(0, 1, len(_COLOURS)), part) for part in _COLOURS.T], axis=-1)


def gains(model: Autoencoder | None, kind: str, ratio: float, count: int) -> Gain:
    """Return how much better held-out recordings become.

    Means over `count` recordings; by spectral gating, which is told the noise, where there is no model.
    """
    found = []
    last = len(noisy_speech.recordings("test")) - 1
    for number in np.linspace(0, last, count).astype(int).tolist():
        noisy, noise = noisy_recording(number, kind, ratio)
        clean = recording(number)
        answer = gated(noisy, noise) if model is None else cleaned(model, noisy)
        better = sounds.ratio(answer, clean) - sounds.ratio(noisy, clean)
        found.append((better, sounds.distance(noisy, clean) - sounds.distance(answer, clean)))
    return Gain(*np.mean(found, axis=0).tolist())
