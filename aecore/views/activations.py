"""Activations: what every layer holds while one input flows through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from aecore.networks import Autoencoder


class Flow(NamedTuple):
    """One input on its way through a fully connected autoencoder.

    Attributes
    ----------
    x, x_hat : ndarray
        Shape ``(height, width)``.
    columns : list of ndarray
        What the hidden layers of the encoder, the code and the hidden layers of the decoder hold, in
        order, each ``(width,)``.
    code : int
        The place of the code among the columns.
    links : list of ndarray
        Between each column and the next the strongest connections, shape ``(k, 3)``: from which unit, to
        which, and weight times activation over the largest of them, in [-1, 1].
    error : float
        Squared error summed over features.
    """

    x: np.ndarray
    columns: list[np.ndarray]
    code: int
    links: list[np.ndarray]
    x_hat: np.ndarray
    error: float


@torch.inference_mode()
def flow(model: Autoencoder, x: Tensor, *, strongest: int = 60) -> Flow:
    """Return what every column of units holds for one input ``(height, width)``.

    Parameters
    ----------
    model : Autoencoder
        Its layers are linear maps with nonlinearities in between.
    x : Tensor
    strongest : int
        Connections kept between two columns.
    """
    h, into_code, encoder = _through(model.encoder, x[None])
    _, from_code, decoder = _through(model.decoder, h)
    columns = [*encoder, h[0], *decoder]
    # The first map leads from the input and the last to the output, which are drawn as pictures.
    maps = [*into_code[1:], *from_code[:-1]]
    links = [_strongest(layer.weight * column, strongest) for layer, column in zip(maps, columns, strict=False)]
    x_hat = model.decode(h)[0]
    error = (x_hat - x).square().sum().item()
    return Flow(x.numpy(), [column.numpy() for column in columns], len(encoder), links, x_hat.numpy(), error)


def _through(layers: nn.Sequential, x: Tensor) -> tuple[Tensor, list[nn.Linear], list[Tensor]]:
    """Return the output, the linear maps, and what the nonlinearities hold."""
    maps, activations = [], []
    for layer in layers:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            maps.append(layer)
        elif not isinstance(layer, nn.Flatten):
            activations.append(x[0])
    return x, maps, activations


def _strongest(products: Tensor, count: int) -> np.ndarray:
    sizes = products.abs().flatten()
    chosen = sizes.topk(min(count, len(sizes))).indices
    into, out = products.shape[1], chosen // products.shape[1]
    shares = products.flatten()[chosen] / sizes.max().clamp(min=1e-12)
    return torch.stack([chosen % into, out, shares], 1).numpy()
