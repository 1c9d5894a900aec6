"""Neurons: the units of a code one by one, and what the code is without some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from aecore.networks import Autoencoder


class Clamped(NamedTuple):
    """Inputs rebuilt while units are held at a value.

    Attributes
    ----------
    pictures : ndarray
        Shape ``(n, *shape)``.
    errors : ndarray
        Shape ``(n,)``: squared error summed over features.
    """

    pictures: np.ndarray
    errors: np.ndarray


@torch.inference_mode()
def means(model: Autoencoder) -> np.ndarray:
    """Return the running mean activation ρ̂ of every unit as training keeps it, shape ``(n_latent,)``."""
    return model.get_buffer("rho_hat").numpy()


@torch.inference_mode()
def biases(model: Autoencoder) -> np.ndarray:
    """Return the bias of every unit of the code, shape ``(n_latent,)``."""
    affine = [layer for layer in model.encoder if isinstance(layer, nn.Linear)]
    return cast("nn.Linear", affine[-1]).bias.numpy()


@torch.inference_mode()
def weights(model: Autoencoder) -> np.ndarray:
    """Return how much every unit says in the reconstruction: the length of its column, shape ``(n_latent,)``."""
    return cast("nn.Linear", model.decoder[0]).weight.norm(dim=0).numpy()


def strongest(activations: np.ndarray, unit: int, count: int = 12) -> np.ndarray:
    """Return the rows ``(count,)`` of the inputs that excite a unit most, the strongest first.

    Parameters
    ----------
    activations : ndarray
        Shape ``(n, n_latent)``.
    unit : int
    count : int

    Examples
    --------
    >>> strongest(np.array([[0.1], [0.9], [0.5]]), 0, count=2)
    array([1, 2])
    """
    return np.argsort(-activations[:, unit], kind="stable")[:count]


def alike(filters: np.ndarray, unit: int, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Return the units whose filters are most like one's, and the cosines, both ``(count,)``, the likest first.

    Parameters
    ----------
    filters : ndarray
        Shape ``(n_latent, *shape)``, of length one each.
    unit : int
    count : int
    """
    flat = filters.reshape(len(filters), -1)
    cosines = flat @ flat[unit]
    cosines[unit] = -np.inf
    chosen = np.argsort(-cosines, kind="stable")[: min(count, len(flat) - 1)]
    return chosen, cosines[chosen]


@torch.inference_mode()
def clamped(model: Autoencoder, x: Tensor, units: Sequence[int], value: ArrayLike = 0.0) -> Clamped:
    """Rebuild inputs while some units are held at a value.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``.
    units : sequence of int
        May be empty.
    value : array_like
        One for all of these units, or one for each.
    """
    h = model.encode(x)
    h[:, list(units)] = torch.as_tensor(value, dtype=h.dtype)
    return _rebuilt(model, x, h)


@torch.inference_mode()
def extremes(model: Autoencoder, x: Tensor, units: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the least and the most, ``"off"`` and ``"on"``, that some units have on inputs, each ``(len(units),)``.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``.
    units : sequence of int
    """
    h = model.encode(x)[:, list(units)]
    return {"off": h.amin(0).numpy(), "on": h.amax(0).numpy()}


@torch.inference_mode()
def keep_strongest(model: Autoencoder, x: Tensor, k: int) -> Clamped:
    """Rebuild inputs from the k units of each that are farthest from rest; all others rest.

    A unit rests at its median over the inputs.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``.
    k : int
        At least 0.
    """
    h = model.encode(x)
    rest = h.median(0).values.expand_as(h)
    chosen = (h - rest).abs().topk(min(k, h.shape[1])).indices
    kept = torch.zeros_like(h, dtype=torch.bool).scatter(1, chosen, True)
    return _rebuilt(model, x, torch.where(kept, h, rest))


def _rebuilt(model: Autoencoder, x: Tensor, h: Tensor) -> Clamped:
    x_hat = model.decode(h)
    return Clamped(x_hat.numpy(), (x_hat - x).square().flatten(1).sum(1).numpy())
