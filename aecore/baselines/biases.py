"""Biases: some items are liked better, and some people are easier to please; nothing else counts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.samples import Samples

# Ratings of the mean that each bias is averaged with, so that a single one moves it little.
DAMPING = 5.0


class Biases(NamedTuple):
    """A rating is foreseen as the mean, plus what the item usually gets more, plus what the person usually gives more.

    Attributes
    ----------
    mean : Tensor
        A scalar: of all ratings.
    items : Tensor
        Shape ``(items,)``.

    References
    ----------
    Y. Koren, Factor in the neighbors: scalable and accurate collaborative filtering, ACM TKDD 4 (2010), section 2.1.
    """

    mean: Tensor
    items: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Biases:
        """Average; 0 stands for no rating."""
        x = samples.inputs
        rated = x > 0
        mean = x[rated].mean()
        return cls(mean, ((x - mean) * rated).sum(0) / (rated.sum(0) + DAMPING))

    def rank(self, x: Tensor) -> Tensor:
        """Return the rating foreseen for each item, shape ``(n, items)``."""
        rated = x > 0
        expected = self.mean + self.items
        people = ((x - expected) * rated).sum(1, keepdim=True) / (rated.sum(1, keepdim=True) + DAMPING)
        return torch.clamp(expected + people, 0, 1)
