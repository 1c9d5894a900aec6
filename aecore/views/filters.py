"""Filters: what each unit of a code looks for in its input."""

from __future__ import annotations

import numpy as np
import torch

from aecore.networks import Autoencoder


def filters(model: Autoencoder, *, layer: int = -1) -> np.ndarray:
    """Return for each unit the input of length one that excites it most, :math:`x_j = w_{ij} / |w_i|`.

    Of a unit behind other layers it is the direction in which it rises most steeply from the origin.

    Parameters
    ----------
    model : Autoencoder
    layer : int
        Which of the encoder's maps the units belong to; by default the last, that of the code.

    Returns
    -------
    ndarray
        Shape ``(units, *shape)``.

    References
    ----------
    A. Ng, CS294A lecture notes, Sparse autoencoder (2011), section 4.
    """
    maps = [i for i, part in enumerate(model.encoder) if next(part.parameters(), None) is not None]
    before = model.encoder[: maps[layer] + 1]
    rise = torch.func.jacrev(lambda one: before(one[None])[0])(torch.zeros(model.shape)).detach()
    rise = rise.reshape(-1, *model.shape)
    lengths = rise.flatten(1).norm(dim=1).clamp(min=1e-12)
    return (rise / lengths.view(-1, *[1] * len(model.shape))).numpy()
