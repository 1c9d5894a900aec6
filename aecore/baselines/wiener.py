"""The Wiener filter: the best that a linear map can do against noise."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.samples import Samples

# Keeps the matrix of noisy inputs invertible where some of them never vary.
RIDGE = 1e-4


class Wiener(NamedTuple):
    """The linear map from noisy inputs to clean ones with the least mean squared error.

    Attributes
    ----------
    noisy_mean, mean : Tensor
        Shape ``(n_features,)``, of inputs and targets.
    matrix : Tensor
        Shape ``(n_features, n_features)``: a noisy row times it is the clean row, both less their means.

    References
    ----------
    N. Wiener, Extrapolation, interpolation, and smoothing of stationary time series (1949).
    """

    noisy_mean: Tensor
    mean: Tensor
    matrix: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Wiener:
        """Fit to noisy inputs and their clean targets, whatever the noise."""
        noisy, clean = samples.inputs.flatten(1), samples.targets.flatten(1)
        noisy_mean, mean = noisy.mean(0), clean.mean(0)
        noisy, clean = noisy - noisy_mean, clean - mean
        covariance = noisy.T @ noisy / len(noisy) + RIDGE * torch.eye(noisy.shape[1])
        return cls(noisy_mean, mean, torch.linalg.solve(covariance, noisy.T @ clean / len(noisy), left=True))

    def denoise(self, x: Tensor) -> Tensor:
        """Return the estimate of what noisy inputs ``(n, *shape)`` were, same shape."""
        return ((x.flatten(1) - self.noisy_mean) @ self.matrix + self.mean).view_as(x)
