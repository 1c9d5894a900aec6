"""The small convolutional autoencoder: two halvings of the picture, then the code."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from aecore.knobs import choice, knob
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Conv(Net):
    """Strided 3x3 convolutions to `channels` and twice as many maps, a linear code, and back.

    References
    ----------
    V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning (2016),
    arXiv:1603.07285: the padding that undoes a stride on odd sides.
    """

    name = "conv"
    takes = 2

    channels: int = knob(16, 4, 64, fine=True)
    latent: int = knob(30, 1, 1024, scale="log")
    activation: str = choice("silu", "relu", "tanh", "sigmoid", fine=True)

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an autoencoder for pictures ``(height, width)`` or ``(colours, height, width)``."""
        colours, (height, width) = (shape[0] if len(shape) == 3 else 1), shape[-2:]
        sides = [(height, width)]
        for _ in range(2):
            sides.append(tuple(math.ceil(side / 2) for side in sides[-1]))  # type: ignore[arg-type]
        maps = (colours, self.channels, 2 * self.channels)
        act = ACTIVATIONS[self.activation]
        deepest = (maps[2], *sides[2])

        encoder = nn.Sequential(
            nn.Unflatten(1, (1, height)) if len(shape) == 2 else nn.Identity(),
            nn.Conv2d(maps[0], maps[1], 3, stride=2, padding=1),
            act(),
            nn.Conv2d(maps[1], maps[2], 3, stride=2, padding=1),
            act(),
            nn.Flatten(),
            nn.Linear(math.prod(deepest), self.latent),
        )
        decoder = nn.Sequential(
            nn.Linear(self.latent, math.prod(deepest)),
            nn.Unflatten(1, deepest),
            act(),
            self._widen(maps[2], maps[1], sides[2], sides[1]),
            act(),
            self._widen(maps[1], maps[0], sides[1], sides[0]),
            nn.Flatten(),
        )
        return Autoencoder(encoder, decoder, shape=shape, n_latent=self.latent, link=link)

    @staticmethod
    def _widen(into: int, out: int, small: tuple[int, int], large: tuple[int, int]) -> nn.ConvTranspose2d:
        # A stride of 2 forgets whether a side was odd; the output padding remembers it.
        rest = tuple(big - (2 * little - 1) for little, big in zip(small, large, strict=True))
        return nn.ConvTranspose2d(into, out, 3, stride=2, padding=1, output_padding=rest)  # type: ignore[arg-type]
