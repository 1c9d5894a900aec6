"""Noisy speech: spoken words as spectra, disturbed by white noise, hum or the babble of other words."""

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
from aecore.knobs import choice
from aecore.samples import Samples

FRAMES = 64  # half a second
RATIOS = (0.0, 5.0, 10.0, 15.0)  # dB, of held-out recordings in turn
# Every so many-th recording is held out; how often each other one is disturbed, each time otherwise.
_EVERY, _FIRST, _TIMES = 8, 3, 2


@dataclass(frozen=True)
class NoisySpeech(Data):
    """Half seconds of 470 recordings of one speaker, 128 bands up to 4 kHz by 64 windows; every eighth is held out.

    The inputs are the loudness of the noisy spectrum, at 0 to 15 dB, the loudest place of each recording being 1.
    The targets are its part that belongs to the speech: what is to remain if the phases stay as they are.

    Parameters
    ----------
    interference : {"any", "white", "hum", "babble"}
        What disturbs the recordings to train on; babble is made of other ones, of the same part. Those held out
        are disturbed by each in turn.
    """

    name: ClassVar = "noisy_speech"
    licence: ClassVar = "CC BY-SA 3.0"
    masked: ClassVar = True
    defaults: ClassVar = {
        "net": "maps",
        "hidden": (512,),
        "latent": 128,
        "steps": 3000,
        "batch": 16,
        "rate": 2e-3,
        "channels": 32,
        "stacked": 2,
    }

    interference: str = choice("any", *sounds.NOISES)

    @property
    def shape(self) -> tuple[int, int]:
        """Bands and windows."""
        return sounds.BANDS, FRAMES

    def read(self, split: Split) -> Samples:
        """Disturb one part and cut it."""
        rng = np.random.default_rng([64, split == "test"])
        waves = recordings(split)
        speech = np.concatenate(waves)
        kinds = tuple(sounds.NOISES) if split == "test" or self.interference == "any" else (self.interference,)
        inputs, targets = [], []
        for turn, wave in enumerate(waves * (1 if split == "test" else _TIMES)):
            kind = kinds[turn % len(kinds)] if split == "test" else kinds[rng.integers(len(kinds))]
            ratio = RATIOS[turn // len(kinds) % len(RATIOS)] if split == "test" else rng.uniform(0, RATIOS[-1])
            noisy = sounds.disturbed(wave, sounds.NOISES[kind](len(wave), speech, rng), ratio)
            x, target = pair(wave, noisy)
            inputs.append(_cut(x))
            targets.append(_cut(target))
        return Samples(torch.cat(inputs).contiguous(), torch.cat(targets).contiguous())


def pair(wave: np.ndarray, noisy: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return the loudness of a noisy wave and of what is to remain of it, each ``(bands, windows)``."""
    true, found = sounds.spectrum(wave), sounds.spectrum(noisy)
    gain = 1 / sounds.loudest(found)
    remains = sounds.phase_sensitive(gain * true, gain * found)[:-1]
    return sounds.patch(gain * found), sounds.loudness(remains)


def _cut(whole: Tensor) -> Tensor:
    """Return a spectrum in patches ``(n, bands, FRAMES)``, the last up to the very end; silence fills a short one."""
    whole = torch.nn.functional.pad(whole, (0, max(FRAMES - whole.shape[1], 0)))
    starts = {*range(0, whole.shape[1] - FRAMES, FRAMES), whole.shape[1] - FRAMES}
    return torch.stack([whole[:, start : start + FRAMES] for start in sorted(starts)])


@cache
def _listed() -> tuple[list[np.ndarray], list[str]]:
    speech = sounds.read(files.path("speech.flac"), sounds.RATE)
    with files.path("speech.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    waves = [speech[int(row["start"]) : int(row["start"]) + int(row["length"])] for row in rows]
    return waves, [row["utterance"] for row in rows]


def recordings(split: Split) -> list[np.ndarray]:
    """Return the waves of one part, float32."""
    return [wave for i, wave in enumerate(_listed()[0]) if (i % _EVERY == _FIRST) == (split == "test")]


def names(split: Split) -> list[str]:
    """Return what is said in each recording of one part."""
    return [name for i, name in enumerate(_listed()[1]) if (i % _EVERY == _FIRST) == (split == "test")]
