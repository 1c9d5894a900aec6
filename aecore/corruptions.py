"""Corruptions: what spoils an input before a denoising autoencoder sees it."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

# How much, at level 1, each entry of a linear map may differ from the identity's, and a place be shifted,
# in units of half a side.
FURTHEST = 0.5


def gaussian(x: Tensor, level: float, rng: Generator) -> Tensor:
    """Return x̃ ~ N(x, σ² I) with σ = `level`, in the units of x; values may leave the range of x.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, Stacked denoising autoencoders,
    JMLR 11 (2010) 3371-3408, section 3.3; the other two corruptions likewise.
    """
    return x + level * torch.empty_like(x).normal_(generator=rng)


def masking(x: Tensor, level: float, rng: Generator) -> Tensor:
    """Return x with each value set to 0 with probability `level`.

    Examples
    --------
    >>> masking(torch.ones(2, 3), 1.0, Generator()).sum()
    tensor(0.)
    """
    return x * (_uniform(x, rng) >= level)


def salt_and_pepper(x: Tensor, level: float, rng: Generator) -> Tensor:
    """Return x with each value set, with probability `level`, to the batch's least or largest value by a fair coin."""
    chance = _uniform(x, rng)
    spoilt = torch.where(chance < level / 2, x.min(), x.max())
    return torch.where(chance < level, spoilt, x)


def warping(x: Tensor, level: float, rng: Generator) -> Tensor:
    """Return pictures turned, stretched, sheared and shifted, each by an affine map of its own, with 0 around them.

    Each of the map's six numbers differs from the identity's by a uniform one, at most `level` / 2.

    Parameters
    ----------
    x : Tensor
        Shape ``(n, height, width)`` or ``(n, colours, height, width)``.
    level : float
    rng : Generator

    References
    ----------
    M. Jaderberg, K. Simonyan, A. Zisserman, K. Kavukcuoglu, Spatial transformer networks, NIPS 2015,
    arXiv:1506.02025: section 3.2, the grid of an affine map and what is sampled on it.
    """
    pictures = x.reshape(len(x), -1, *x.shape[-2:])
    changes = x.new_empty(len(x), 2, 3).uniform_(-1, 1, generator=rng)
    maps = torch.eye(2, 3, dtype=x.dtype, device=x.device) + level * FURTHEST * changes
    grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False).reshape(x.shape)


def _uniform(x: Tensor, rng: Generator) -> Tensor:
    return torch.empty_like(x).uniform_(generator=rng)


TABLE: dict[str, Callable[[Tensor, float, Generator], Tensor]] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
    "warping": warping,
}
