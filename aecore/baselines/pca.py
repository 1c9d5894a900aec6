"""Principal component analysis: the best that a linear code of a given size can do."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.samples import Samples

# The largest code that any network has.
MOST = 1024
# Rows whose products are added up at a time, so that the centred data is never held whole.
CHUNK = 8192


class Pca(NamedTuple):
    """The leading directions of variance.

    Attributes
    ----------
    mean : Tensor
        Shape ``(n_features,)``.
    components : Tensor
        Shape ``(k, n_features)``: orthonormal rows, the largest variance first.
    variances : Tensor
        Shape ``(k,)``: variance along each.
    total : Tensor
        A scalar: variance along all directions together.

    References
    ----------
    P. Baldi and K. Hornik, Neural networks and principal component analysis: learning from
    examples without local minima, Neural Networks 2 (1989) 53-58.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor
    total: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Pca:
        """Fit to the inputs, through the eigenvectors of their covariance or, of few, their singular vectors.

        Examples
        --------
        >>> x = torch.tensor([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
        >>> Pca.fit(Samples(x, x)).components[0].abs()
        tensor([0.7071, 0.7071])
        """
        x = samples.inputs.flatten(1)
        mean = x.mean(0)
        if samples.size < len(mean):  # the covariance would be far larger than the data
            _, spreads, directions = torch.linalg.svd(x - mean, full_matrices=False)
            variances = spreads.square() / samples.size
            return cls(mean, directions[:MOST].contiguous(), variances[:MOST], variances.sum())
        covariance = torch.zeros(len(mean), len(mean))
        for rows in x.split(CHUNK):
            centred = rows - mean
            covariance.addmm_(centred.T, centred)
        covariance /= samples.size
        # With pixels that never change many eigenvalues are equal; in single precision that may not converge.
        variances, directions = (found.float() for found in torch.linalg.eigh(covariance.double()))
        return cls(
            mean,
            directions.T.flip(0)[:MOST].contiguous(),
            variances.flip(0)[:MOST].clamp(min=0),
            covariance.trace(),
        )

    def encode(self, x: Tensor, size: int) -> Tensor:
        """Return the first `size` coordinates ``(n, size)`` of inputs ``(n, *shape)``."""
        return (x.flatten(1) - self.mean) @ self.components[:size].T

    def reconstruct(self, x: Tensor, size: int) -> Tensor:
        """Return the inputs projected on the first `size` directions, shaped like the inputs."""
        return (self.encode(x, size) @ self.components[:size] + self.mean).view_as(x)

    def errors(self, x: Tensor) -> Tensor:
        """Return the squared error of inputs for every size from 1 to k, summed over features, mean over inputs.

        What a projection loses is what it does not keep (Pythagoras), so that one product gives all sizes.
        """
        whole = (x.flatten(1) - self.mean).square().sum(1).mean()
        kept = self.encode(x, len(self.components)).square().mean(0).cumsum(0)
        return (whole - kept).clamp(min=0)
