"""Contraction: how the code moves when the input does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.methods.contractive import jacobians
from aecore.networks import Autoencoder

# Inputs behind an average; each costs a singular value decomposition.
INPUTS = 24


class Tangents(NamedTuple):
    """The directions in which one input may move with the largest change of its code.

    Attributes
    ----------
    values : ndarray
        Shape ``(k,)``: how fast the code moves along each, falling.
    directions : ndarray
        Shape ``(k, *shape)``, of length one each.
    """

    values: np.ndarray
    directions: np.ndarray


@torch.no_grad()
def singular_values(model: Autoencoder, x: Tensor) -> np.ndarray:
    """Return the singular values of ∂h/∂x, falling, the mean over inputs.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``; the first 24 are used.

    Returns
    -------
    ndarray
        Shape ``(k,)``, k the smaller of the sizes of code and input.

    References
    ----------
    S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio, Contractive auto-encoders: explicit invariance
    during feature extraction, ICML 2011.
    """
    rows = jacobians(model, x[:INPUTS]).flatten(2).double()
    if rows.shape[1] > rows.shape[2]:
        rows = rows.mT
    squares = torch.linalg.eigvalsh(rows @ rows.mT).flip(1)
    return squares.clamp(min=0).sqrt().mean(0).numpy()


@torch.inference_mode()
def contraction_ratio(model: Autoencoder, x: Tensor, distances: np.ndarray) -> np.ndarray:
    """Return how far codes move for each step that their inputs move, by the length of the step.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``.
    distances : ndarray
        Shape ``(m,)``.

    Returns
    -------
    ndarray
        Shape ``(m,)``: the mean over inputs and one direction by chance for each.
    """
    away = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    away /= away.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))
    h = model.encode(x)
    moved = [(model.encode(x + float(step) * away) - h).norm(dim=1).mean() / float(step) for step in distances]
    return torch.stack(moved).numpy()


@torch.no_grad()
def tangents(model: Autoencoder, x: Tensor, count: int = 8) -> Tangents:
    """Return the leading tangent directions at one input.

    Each points to the side of its largest value, so that pictures do not flip while training goes on.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        One input, shape ``shape``.
    count : int
    """
    jacobian = jacobians(model, x[None]).flatten(2)[0]
    _, values, rows = torch.linalg.svd(jacobian, full_matrices=False)
    rows = rows[:count]
    rows = rows * rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
    return Tangents(values[:count].numpy(), rows.view(-1, *x.shape).numpy())


@torch.inference_mode()
def slide(model: Autoencoder, x: Tensor, direction: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return an input moved along a direction, and what is rebuilt of each place.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        One input, shape ``shape``.
    direction : ndarray
        Of the same shape.
    lengths : ndarray
        Shape ``(n,)``.

    Returns
    -------
    ndarray
        Shape ``(2, n, *shape)``.
    """
    steps = torch.as_tensor(lengths, dtype=torch.float32).view(-1, *[1] * x.dim())
    moved = x + steps * torch.from_numpy(direction)
    return torch.stack([moved, model(moved)]).numpy()
