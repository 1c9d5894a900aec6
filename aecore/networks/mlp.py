"""The multilayer perceptron: layers that narrow to the code and widen again in mirror order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from aecore.knobs import choice, knob, widths
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Mlp(Net):
    """Fully connected layers; the code itself is linear, so that it may take any value."""

    name = "mlp"

    hidden: tuple[int, ...] = widths(512, 256, low=1, high=2048, most=4)
    latent: int = knob(30, 1, 1024, scale="log")
    activation: str = choice("silu", "relu", "tanh", "sigmoid", fine=True)

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an encoder of widths features, *hidden, latent and its mirror image."""
        sizes = (math.prod(shape), *self.hidden, self.latent)
        encoder = nn.Sequential(nn.Flatten(), *self._layers(sizes))
        decoder = nn.Sequential(*self._layers(sizes[::-1]))
        return Autoencoder(encoder, decoder, shape=shape, n_latent=self.latent, link=link)

    def _layers(self, sizes: tuple[int, ...]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for wide, narrow in pairwise(sizes):
            layers += [nn.Linear(wide, narrow), ACTIVATIONS[self.activation]()]
        return layers[:-1]
