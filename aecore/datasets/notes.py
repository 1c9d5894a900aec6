"""Notes: single tones of ten instruments as spectra."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from aecore import sounds
from aecore.datasets import files
from aecore.datasets.data import Data, Split
from aecore.samples import Samples
from aecore.sounds import Wave

INSTRUMENTS = (
    "piano", "harpsichord", "organ", "guitar", "violin", "cello", "trumpet", "clarinet", "flute", "marimba",
)  # fmt: skip
LOWEST, PITCHES = 48, 30  # in MIDI's numbers, a semitone each; 60 is the middle C
VELOCITIES = (60, 110)
LENGTH = sounds.RATE // 2
# Samples of a window, 64 ms, so that the harmonics of the lowest note lie apart, and from one to the next.
WINDOW, HOP = 512, 128
BANDS, FRAMES = WINDOW // 2, LENGTH // HOP + 1
_SHIPPED = 16_000  # samples a second
# Every so many-th pitch is held out; in how many ways, of which each instrument takes one in turn.
_EVERY, _WAYS = 5, 3


@dataclass(frozen=True)
class Notes(Data):
    """Half a second each of 600 notes: 10 instruments, 30 pitches from C3 to F5, struck softly and hard.

    The inputs are loudness in 256 bands up to 4 kHz by 32 windows. The loudest place of a note struck hard is 1,
    and the same note struck softly keeps its distance from that. The instrument is the label.

    Of every instrument every fifth pitch is held out, at both velocities: never its lowest or highest, so that a
    held-out note lies between two that were heard; and not of all instruments the same, so that at least six
    others were heard at its pitch.
    """

    name: ClassVar = "notes"
    licence: ClassVar = "MIT"
    # Most of a spectrum is silence: behind sigmoids the squared error soon gives nothing but that, for good.
    defaults: ClassVar = {
        "net": "conv",
        "hidden": (64,),
        "latent": 8,
        "steps": 1500,
        "batch": 32,
        "rate": 5e-3,
        "loss": "bernoulli",
    }
    shape = (BANDS, FRAMES)
    classes = len(INSTRUMENTS)
    factors = ("pitch", "velocity")

    def read(self, split: Split) -> Samples:
        """Cut one part into spectra."""
        every, known = waves()
        rows = held_out() == (split == "test")
        x = torch.stack([patch(wave) for wave in every[rows]])
        factors = torch.from_numpy(known[rows])
        return Samples(x, x, factors[:, 0].clone(), factors[:, 1:].clone())


def patch(wave: Wave) -> Tensor:
    """Return the loudness of a wave of :data:`LENGTH` samples, ``(BANDS, FRAMES)``."""
    return sounds.patch(sounds.spectrum(wave, WINDOW, HOP)).clamp(max=1)


@cache
def waves() -> tuple[np.ndarray, np.ndarray]:
    """Return all notes, ``(600, LENGTH)``, and the indices of instrument, pitch and velocity of each, ``(600, 3)``."""
    from scipy.signal import resample_poly

    with files.path("instrument_notes.csv").open(encoding="utf-8", newline="") as lines:
        known = [
            (
                INSTRUMENTS.index(row["instrument"]),
                int(row["midi_pitch"]) - LOWEST,
                VELOCITIES.index(int(row["velocity"])),
            )
            for row in csv.DictReader(lines)
        ]
    shipped = sounds.read(files.path("instrument_notes.flac"), _SHIPPED).reshape(len(known), -1)
    every = resample_poly(shipped, 1, _SHIPPED // sounds.RATE, axis=1).astype(np.float32)
    peaks = np.array([sounds.loudest(sounds.spectrum(wave, WINDOW, HOP)) for wave in every], np.float32)
    places = np.array(known, np.int64)
    for instrument, pitch in np.unique(places[:, :2], axis=0):
        pair = (places[:, 0] == instrument) & (places[:, 1] == pitch)
        every[pair] /= peaks[pair].max()
    return every, places


def held_out() -> np.ndarray:
    """Return which of all notes are held out, ``(600,)``."""
    _, places = waves()
    return places[:, 1] % _EVERY == 1 + places[:, 0] % _WAYS
