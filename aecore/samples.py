"""Samples: named arrays that travel together."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Samples(NamedTuple):
    """Inputs and what is known of them.

    Attributes
    ----------
    inputs : Tensor
        Shape ``(n, *shape)``, float32.
    targets : Tensor
        What should come out, float32; NaN marks what was not observed. For plain reconstruction
        it is `inputs` itself.
    labels : Tensor or None
        Shape ``(n,)``, int64: the class of each sample.
    factors : Tensor or None
        Shape ``(n, n_factors)``, int64: the index of each generating factor's value.
    """

    inputs: Tensor
    targets: Tensor
    labels: Tensor | None = None
    factors: Tensor | None = None

    @property
    def shape(self) -> torch.Size:
        """Shape of one input."""
        return self.inputs.shape[1:]

    @property
    def size(self) -> int:
        """Number of samples."""
        return self.inputs.shape[0]

    def at(self, rows: slice | Tensor) -> Samples:
        """Return the chosen rows of every array.

        Examples
        --------
        >>> samples = Samples(torch.zeros(5, 2), torch.zeros(5, 2), labels=torch.arange(5))
        >>> samples.at(slice(1, 3)).labels
        tensor([1, 2])
        """
        inputs = self.inputs[rows]
        targets = inputs if self.targets is self.inputs else self.targets[rows]
        labels, factors = (None if array is None else array[rows] for array in (self.labels, self.factors))
        return Samples(inputs, targets, labels, factors)

    def to(self, device: torch.device) -> Samples:
        """Return every array on a device; targets that are the inputs stay so."""
        inputs = self.inputs.to(device)
        targets = inputs if self.targets is self.inputs else self.targets.to(device)
        labels, factors = (None if array is None else array.to(device) for array in (self.labels, self.factors))
        return Samples(inputs, targets, labels, factors)
