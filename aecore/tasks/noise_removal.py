"""Noise removal: a noisy picture goes in, the clean one should come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from aecore.datasets.data import Split
from aecore.knobs import knob, switch
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task, restored_scores

# The strengths that a blind model is trained on, of 255.
BLIND = (5.0, 55.0)


@dataclass(frozen=True)
class NoiseRemoval(Task):
    """Take Gaussian noise off pictures; at each training step the noise is drawn anew.

    Parameters
    ----------
    noise : float
        σ of the noise, in grey values of 255.
    blind : bool
        Whether each training picture has a strength of its own, between 5 and 55; held-out ones have `noise`.
    """

    name = "noise_removal"
    main = "test_error"
    watched = 48
    defaults: ClassVar = {
        "net": "unet",
        "channels": 48,
        "halvings": 2,
        "blocks": 2,
        "steps": 8000,
        "batch": 16,
        "rate": 1e-3,
    }

    noise: float = knob(25.0, 1.0, 100.0, step=1)
    blind: bool = switch(False)

    def pose(self, samples: Samples, split: Split, rng: Generator) -> Samples:
        """Return noisy inputs and clean targets."""
        return samples._replace(inputs=noisy(samples.inputs, self.noise, rng), targets=samples.targets)

    def drawn(self, x: Tensor, target: Tensor, rng: Generator) -> Tensor:
        """Return the clean pictures with noise of this step."""
        if not self.blind:
            return noisy(target, self.noise, rng)
        low, high = BLIND
        strength = low + (high - low) * torch.empty_like(target[:, :1, :1]).uniform_(generator=rng)
        return target + strength / 255 * torch.empty_like(target).normal_(generator=rng)

    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return ``test_error``, the squared error summed over pixels, and ``psnr`` in dB, means over samples."""
        return restored_scores(model, samples)


def noisy(x: Tensor, noise: float, rng: Generator) -> Tensor:
    """Return pictures with Gaussian noise whose σ is given in grey values of 255."""
    return x + noise / 255 * torch.empty_like(x).normal_(generator=rng)
