"""The linear autoencoder, whose best answer is known: the subspace of PCA."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from aecore.knobs import knob
from aecore.networks.net import Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Linear(Net):
    """One matrix in, one matrix out, each with a bias.

    References
    ----------
    P. Baldi and K. Hornik, Neural networks and principal component analysis: learning from
    examples without local minima, Neural Networks 2 (1989) 53-58.
    """

    name = "linear"

    latent: int = knob(30, 1, 1024, scale="log")

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an affine encoder and an affine decoder."""
        features = math.prod(shape)
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(features, self.latent))
        decoder = nn.Sequential(nn.Linear(self.latent, features))
        return Autoencoder(encoder, decoder, shape=shape, n_latent=self.latent, link=link)
