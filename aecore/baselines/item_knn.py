"""Item neighbours: what is chosen by the same people belongs together."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from aecore.samples import Samples


class ItemKnn(NamedTuple):
    """Items score by their cosines to all items of a history, as columns of the training table.

    Attributes
    ----------
    likeness : Tensor
        Shape ``(items, items)``, in [0, 1]; 0 on the diagonal.

    References
    ----------
    B. Sarwar, G. Karypis, J. Konstan, J. Riedl, Item-based collaborative filtering recommendation algorithms,
    WWW 2001.
    """

    likeness: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> ItemKnn:
        """Compare every two columns."""
        columns = F.normalize((samples.inputs > 0).float(), dim=0)
        return cls((columns.T @ columns).fill_diagonal_(0))

    def rank(self, x: Tensor) -> Tensor:
        """Return a score for each item, shape ``(n, items)``."""
        return (x > 0).float() @ self.likeness
