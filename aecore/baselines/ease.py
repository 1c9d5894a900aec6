"""EASE: the linear map from a history to itself that may not use an item to explain that same item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from aecore import rankings
from aecore.samples import Samples

# Strengths of the ridge that are tried, and the share of the training histories that decides between them.
RIDGES = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
DECIDING = 10


class Ease(NamedTuple):
    r"""An autoencoder without a code: :math:`\min_B \|X - XB\|^2 + \lambda \|B\|^2`, the diagonal of B being 0.

    Attributes
    ----------
    weights : Tensor
        B, shape ``(items, items)``.
    ridge : Tensor
        A scalar: λ, the best of some on a tenth of the training histories, which the rest then knew nothing of.

    References
    ----------
    H. Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019, arXiv:1905.03375.
    """

    weights: Tensor
    ridge: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Ease:
        """Choose λ, then solve for all training histories."""
        x = (samples.inputs > 0).float()
        rng = Generator().manual_seed(0)
        order = torch.randperm(len(x), generator=rng)
        rest, deciding = x[order[len(x) // DECIDING :]], x[order[: len(x) // DECIDING]]
        hidden = rankings.hidden(deciding, rng)
        given, wanted = deciding.masked_fill(hidden, 0), hidden.float()
        found = solved(rest, RIDGES)
        quality = [float(rankings.ndcg(given @ weights, given, wanted).mean()) for weights in found]
        ridge = RIDGES[quality.index(max(quality))]
        return cls(solved(x, [ridge])[0], torch.tensor(ridge))

    def rank(self, x: Tensor) -> Tensor:
        """Return a score for each item, shape ``(n, items)``."""
        return (x > 0).float() @ self.weights


def solved(x: Tensor, ridges: Sequence[float]) -> list[Tensor]:
    r"""Return B for each λ: :math:`B_{ij} = -P_{ij} / P_{jj}`, P inverts :math:`X^T X + \lambda I`; 0 at i = j."""
    values, vectors = torch.linalg.eigh((x.T @ x).double())
    inverses = ((vectors / (values + ridge)) @ vectors.T for ridge in ridges)
    return [(-inverse / inverse.diagonal()).fill_diagonal_(0).float() for inverse in inverses]
