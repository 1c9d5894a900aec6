"""Corruptions: what spoils an input before a denoising autoencoder sees it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor


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


def _uniform(x: Tensor, rng: Generator) -> Tensor:
    return torch.empty_like(x).uniform_(generator=rng)


TABLE: dict[str, Callable[[Tensor, float, Generator], Tensor]] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
}
