"""Lapped: an autoencoder that begins as JPEG's transform and learns what each square should know of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from aecore.knobs import choice, knob
from aecore.networks.maps import Block, Cropped, begin_at_nothing, convolution
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape

# Side of a square, as in JPEG.
SIDE = 8


@dataclass(frozen=True)
class Lapped(Net):
    """Squares of 8 by 8 pixels, 64 frequencies each; convolutions let the squares overlap.

    Untrained it is the discrete cosine transform of each square by itself and its inverse: JPEG's. Its code
    has a unit for each frequency of each colour, with a place for every square; it takes a picture of any size.

    Parameters
    ----------
    blocks : int
        Residual blocks of two convolutions in the encoder, and as many in the decoder.

    References
    ----------
    N. Ahmed, T. Natarajan, K. R. Rao, Discrete cosine transform, IEEE Trans. Computers C-23 (1974) 90-93.
    G. K. Wallace, The JPEG still picture compression standard, Communications of the ACM 34 (1991) 30-44.
    H. S. Malvar, D. H. Staelin, The LOT: transform coding without blocking effects, IEEE Trans. ASSP 37 (1989)
    553-559.
    """

    name = "lapped"
    takes = 2
    of_units = False

    blocks: int = knob(2, 1, 8)
    activation: str = choice("relu", "silu", "tanh", fine=True)

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an autoencoder for pictures ``([colours,] height, width)``; a transform has no link."""
        height, width = shape[-2:]
        low, wide = -(-height // SIDE), -(-width // SIDE)
        colours = shape[0] if len(shape) == 3 else 1
        act, units = ACTIVATIONS[self.activation], colours * SIDE**2
        analysis, synthesis = convolution(units, units), convolution(units, units)
        basis = torch.from_numpy(np.kron(np.eye(colours), cosines())).float()
        _begin_as(analysis, basis, -0.5 * basis.sum(1))
        _begin_as(synthesis, basis.T, torch.full((units,), 0.5))
        encoder = nn.Sequential(
            nn.Unflatten(1, (1, height)) if len(shape) == 2 else nn.Identity(),
            nn.ReplicationPad2d((0, wide * SIDE - width, 0, low * SIDE - height)),
            nn.PixelUnshuffle(SIDE),
            analysis,
            *(Block(units, act) for _ in range(self.blocks)),
            nn.Flatten(),
        )
        decoder = nn.Sequential(
            nn.Unflatten(1, (units, low, wide)),
            *(Block(units, act) for _ in range(self.blocks)),
            synthesis,
            nn.PixelShuffle(SIDE),
            Cropped(height, width),
            nn.Flatten(),
        )
        model = Autoencoder(encoder, decoder, shape=shape, n_latent=units * low * wide, link="identity")
        model.places = low * wide
        return model


def _begin_as(layer: nn.Conv2d, matrix: Tensor, bias: Tensor) -> None:
    begin_at_nothing(layer)
    with torch.no_grad():
        layer.weight[:, :, 1, 1] = matrix
        cast("Tensor", layer.bias).copy_(bias)


def cosines() -> np.ndarray:
    """Return the orthonormal basis of cosines of a square, ``(64, 64)``, a frequency a row, the coarsest first."""
    at, frequency = np.arange(SIDE), np.arange(SIDE)[:, None]
    wave = np.cos(np.pi * (at + 0.5) * frequency / SIDE) * np.where(frequency == 0, 1, 2**0.5) / SIDE**0.5
    order = sorted(np.ndindex(SIDE, SIDE), key=lambda pair: (sum(pair), pair))
    return np.stack([np.outer(wave[i], wave[j]).ravel() for i, j in order])
