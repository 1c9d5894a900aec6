"""Popularity: the same ranking for everybody."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from aecore.samples import Samples


class Popularity(NamedTuple):
    """What most have chosen comes first.

    Attributes
    ----------
    counts : Tensor
        Shape ``(items,)``: how many of the training histories hold each item.
    """

    counts: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Popularity:
        """Count."""
        return cls((samples.inputs > 0).sum(0).float())

    def rank(self, x: Tensor) -> Tensor:
        """Return a score for each item, shape ``(n, items)``, whatever the histories are."""
        return self.counts.expand_as(x)
