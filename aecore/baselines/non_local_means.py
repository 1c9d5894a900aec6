"""Non-local means: each pixel becomes the mean of those with similar surroundings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.samples import Samples

PATCH = 5
DISTANCE = 6


class NonLocalMeans(NamedTuple):
    """Non-local means for noise of a known strength.

    Attributes
    ----------
    sigma : Tensor
        A scalar: the noise's standard deviation.
    h : Tensor
        A scalar: how different surroundings may be, the best of some multiples of sigma on the fitted samples.

    References
    ----------
    A. Buades, B. Coll, J.-M. Morel, A non-local algorithm for image denoising, CVPR 2005.
    """

    sigma: Tensor
    h: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> NonLocalMeans:
        """Measure the noise of noisy inputs against clean targets and choose h with the least squared error."""
        some = samples.at(slice(16))
        sigma = (samples.inputs - samples.targets).square().mean().sqrt().clamp(min=1e-3)
        tried = [cls(sigma, factor * sigma) for factor in (0.4, 0.6, 0.9)]
        return min(tried, key=lambda one: float((one.denoise(some.inputs) - some.targets).square().mean()))

    def denoise(self, x: Tensor) -> Tensor:
        """Return noisy pictures ``(n, height, width)`` or ``(n, colours, height, width)``, filtered."""
        from skimage.restoration import denoise_nl_means

        settings = {"patch_size": PATCH, "patch_distance": DISTANCE, "h": float(self.h), "sigma": float(self.sigma)}
        colours = 0 if x.ndim == 4 else None
        found = [denoise_nl_means(picture, channel_axis=colours, **settings) for picture in x.numpy()]
        return torch.from_numpy(np.stack(found))
