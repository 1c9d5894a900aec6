"""Manifold: what a decoder makes of places in the latent space that no input need have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from aecore.networks import Autoencoder


@torch.inference_mode()
def manifold(model: Autoencoder, latents: Sequence[int], side: int = 12) -> np.ndarray:
    """Decode a grid over two latents, the others at 0.

    Its places are quantiles of the prior, so that each stands for the same probability.

    Parameters
    ----------
    model : Autoencoder
    latents : sequence of int
        The one that rises from left to right and the one that rises upwards; with one alone the grid is a row.
    side : int
        Places along each.

    Returns
    -------
    ndarray
        Shape ``(side ** len(latents), *shape)``, line by line from the top left.
    """
    places = quantiles(side)
    z = torch.zeros(side ** len(latents), model.n_latent)
    z[:, latents[0]] = places.repeat(side ** (len(latents) - 1))
    if len(latents) == 2:
        z[:, latents[1]] = places.flip(0).repeat_interleave(side)
    return model.decode(z).numpy()


def quantiles(count: int) -> Tensor:
    """Return the middles of `count` intervals of equal probability under N(0, 1), rising.

    Examples
    --------
    >>> quantiles(3).round(decimals=2)
    tensor([-0.9700,  0.0000,  0.9700])
    """
    return torch.special.ndtri((torch.arange(count) + 0.5) / count)


@torch.inference_mode()
def fresh(model: Autoencoder, count: int, seed: int = 0) -> np.ndarray:
    """Decode codes that are drawn from the prior N(0, I), shape ``(count, *shape)``; a seed gives always the same."""
    return model.decode(torch.randn(count, model.n_latent, generator=Generator().manual_seed(seed))).numpy()


@torch.inference_mode()
def between(model: Autoencoder, x: Tensor, count: int = 10) -> np.ndarray:
    """Walk from one input to another, straight through their codes and straight through their pixels.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Both inputs, shape ``(2, *shape)``.
    count : int
        Places on the way, both ends included.

    Returns
    -------
    ndarray
        Shape ``(2, count, *shape)``: the decoded codes, then the mixed pixels.
    """
    shares = torch.linspace(0, 1, count)
    h = model.encode(x)
    z = torch.lerp(h[:1], h[1:], shares[:, None])
    pixels = torch.lerp(x[:1], x[1:], shares.view(-1, *[1] * (x.dim() - 1)))
    return torch.stack([model.decode(z), pixels]).numpy()
