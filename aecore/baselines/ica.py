"""Independent component analysis: the linear code whose features are as independent as can be."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.samples import Samples

COMPONENTS = 64
SAMPLES = 20_000


class Ica(NamedTuple):
    """Independent components by FastICA.

    Attributes
    ----------
    filters : Tensor
        Shape ``(k, *shape)``: what each component takes from an input, of length one.

    References
    ----------
    A. Hyvärinen and E. Oja, Independent component analysis: algorithms and applications, Neural
    Networks 13 (2000) 411-430.
    """

    filters: Tensor

    @classmethod
    def fit(cls, samples: Samples) -> Ica:
        """Fit 64 components, or as many as there are features if fewer; takes seconds."""
        from sklearn.decomposition import FastICA

        x = samples.inputs[:SAMPLES].flatten(1)
        found = FastICA(min(COMPONENTS, x.shape[1]), whiten="unit-variance", tol=1e-3, random_state=0).fit(x.numpy())
        rows = torch.nn.functional.normalize(torch.from_numpy(found.components_).float(), dim=1)
        return cls(rows.view(-1, *samples.shape))
