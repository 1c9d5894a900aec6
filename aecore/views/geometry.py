"""Geometry: how the subspace that a decoder spans lies to another."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aecore.baselines import Pca
from aecore.networks import Autoencoder


@torch.inference_mode()
def angles_to_pca(model: Autoencoder, pca: Pca) -> np.ndarray:
    """Return the principal angles between a linear decoder's span and PCA's subspace of the same size.

    The decoder's span is read off its answers, so that nothing need be known of its layers.

    Parameters
    ----------
    model : Autoencoder
        Its decoder must be affine.
    pca : Pca

    Returns
    -------
    ndarray
        Shape ``(n_latent,)``, degrees from 0 to 90, rising.

    References
    ----------
    P. Baldi and K. Hornik, Neural networks and principal component analysis: learning from
    examples without local minima, Neural Networks 2 (1989) 53-58.
    """
    origin = model.logits(torch.zeros(1, model.n_latent))
    columns = (model.logits(torch.eye(model.n_latent)) - origin).flatten(1)
    return principal_angles(columns, pca.components[: model.n_latent])


def principal_angles(one: Tensor, other: Tensor) -> np.ndarray:
    """Return the principal angles between the spans of the rows of two matrices, in degrees, rising.

    Examples
    --------
    >>> principal_angles(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0]])).round(3)
    array([45.])
    """
    bases = [torch.linalg.qr(rows.double().T).Q for rows in (one, other)]
    cosines = torch.linalg.svdvals(bases[0].T @ bases[1]).clamp(max=1.0)
    return torch.rad2deg(torch.arccos(cosines)).numpy()
