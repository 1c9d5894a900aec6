"""Spectral gating: let through what is louder in its band than the noise is wont to be."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.samples import Samples

# Standard deviations above the noise's mean from which a place counts as sound, and bands and windows over which the
# gate opens and shuts softly: the best of several on recordings that are trained on.
ABOVE = 1.5
SMOOTH = (3, 5)
_QUIET = 1e-6


class SpectralGating(NamedTuple):
    """A gate for each band, which opens where the spectrum rises above the noise.

    The noise is told, as in an audio editor where one selects a stretch of it: its level in decibels has a mean and a
    standard deviation in each band.

    Attributes
    ----------
    mean, deviation : Tensor
        Shape ``(bands, 1)``, in decibels.

    References
    ----------
    T. Sainburg, A. Zorea, Noisereduce: domain general noise reduction for time series signals (2024),
    arXiv:2412.17851.
    """

    mean: Tensor
    deviation: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> SpectralGating:
        """Measure noise alone; the inputs are magnitudes ``(n, bands, windows)``."""
        levels = _decibels(samples.inputs.movedim(1, 0).flatten(1))
        return cls(levels.mean(1, keepdim=True), levels.std(1, keepdim=True))

    def gate(self, x: Tensor) -> Tensor:
        """Return for magnitudes ``(n, bands, windows)`` how far the gate is open, from 0 to 1."""
        open_ = (_decibels(x) > self.mean + ABOVE * self.deviation).float()
        rise = [torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).float() for side in SMOOTH]
        kernel = torch.outer(*(one / one.sum() for one in rise))
        padding = (SMOOTH[0] // 2, SMOOTH[1] // 2)
        return torch.nn.functional.conv2d(open_[:, None], kernel[None, None], padding=padding)[:, 0]


def _decibels(magnitude: Tensor) -> Tensor:
    return 20 * torch.log10(magnitude.clamp(min=_QUIET))
