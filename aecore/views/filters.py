"""Filters: what each unit of a code looks for in its input."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aecore.networks import Autoencoder


def filters(model: Autoencoder, at: Tensor | None = None) -> np.ndarray:
    """Return for each unit the input of length one that excites it most, :math:`x_j = w_{ij} / |w_i|`.

    Of a unit behind hidden layers it is the direction in which it rises most steeply.

    Parameters
    ----------
    model : Autoencoder
    at : Tensor, optional
        Where the steepest rise is taken, one input of the model's shape; by default the origin. It
        has no influence on the units of a single layer.

    Returns
    -------
    ndarray
        Shape ``(n_latent, *shape)``.

    References
    ----------
    A. Ng, CS294A lecture notes, Sparse autoencoder (2011), section 4.
    """
    affine = max(i for i, layer in enumerate(model.encoder) if isinstance(layer, torch.nn.Linear))
    x = torch.zeros(model.shape) if at is None else at
    rise = torch.func.jacrev(lambda one: model.encoder[: affine + 1](one[None])[0])(x).detach()
    lengths = rise.flatten(1).norm(dim=1).clamp(min=1e-12)
    return (rise / lengths.view(-1, *[1] * len(model.shape))).numpy()
