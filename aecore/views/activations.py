"""Activations: what every layer holds while one input flows through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from aecore.networks import Autoencoder


class Flow(NamedTuple):
    """One input on its way through.

    Attributes
    ----------
    x, x_hat : ndarray
        Shape ``(height, width)``.
    encoder, decoder : list of ndarray
        The hidden layers' activations in order, each ``(width,)``.
    code : ndarray
        Shape ``(n_latent,)``.
    error : float
        Squared error summed over features.
    """

    x: np.ndarray
    encoder: list[np.ndarray]
    code: np.ndarray
    decoder: list[np.ndarray]
    x_hat: np.ndarray
    error: float


@torch.inference_mode()
def flow(model: Autoencoder, x: Tensor) -> Flow:
    """Return the activations of every nonlinear layer for one input ``(height, width)``."""
    code, encoder = _through(model.encoder, x[None])
    _, decoder = _through(model.decoder, code)
    x_hat = model.decode(code)[0]
    error = float((x_hat - x).square().sum())
    return Flow(x.numpy(), encoder, code[0].numpy(), decoder, x_hat.numpy(), error)


def _through(layers: nn.Sequential, x: Tensor) -> tuple[Tensor, list[np.ndarray]]:
    activations = []
    for layer in layers:
        x = layer(x)
        if not any(True for _ in layer.parameters()) and not isinstance(layer, nn.Flatten | nn.Unflatten):
            activations.append(x[0].numpy())
    return x, activations
