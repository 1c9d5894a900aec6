"""U-Net: convolutions at several sizes of the picture; the code keeps the maps of every size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.knobs import choice, knob, switch
from aecore.networks.maps import Beside, Block, Corrected, Cropped, begin_at_nothing, convolution
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Unet(Net):
    """Residual blocks at each size of the picture, which is halved again and again and then widened as often.

    What the halved pictures know is added to the finer maps on the way back, so that a pixel is judged by its
    surroundings at every scale. The code of a square of the picture holds the maps of all sizes side by side:
    it is no bottleneck, unless the sizes' maps are few.

    Parameters
    ----------
    channels : int
        Maps at every size.
    halvings : int
        How often the sides are halved inside.
    blocks : int
        Residual blocks of two convolutions at each size, on the way down and on the way up.
    stacked : int
        How often the sides are halved by stacking each two by two pixels, before the first convolution.
    carry : bool
        Whether the code holds the picture itself too, and the decoder only adds what is to be changed of it.

    References
    ----------
    O. Ronneberger, P. Fischer, T. Brox, U-Net: convolutional networks for biomedical image segmentation,
    MICCAI 2015, arXiv:1505.04597.
    K. Zhang, Y. Li, W. Zuo, L. Zhang, L. Van Gool, R. Timofte, Plug-and-play image restoration with deep denoiser
    prior, IEEE TPAMI 44 (2022) 6360-6376: residual blocks, and maps that are added rather than put beside.
    """

    name = "unet"
    takes = 2
    of_units = False

    channels: int = knob(32, 4, 128, fine=True)
    halvings: int = knob(3, 1, 5)
    blocks: int = knob(1, 1, 8)
    stacked: int = knob(1, 0, 3, fine=True)
    carry: bool = switch(True, fine=True)
    activation: str = choice("relu", "silu", "tanh", fine=True)

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an autoencoder for pictures ``(height, width)`` or ``(colours, height, width)``."""
        colours, (height, width) = (shape[0] if len(shape) == 3 else 1), shape[-2:]
        stacked, inside = 2**self.stacked, 2**self.halvings
        square = stacked * inside
        low, wide = -(-height // square), -(-width // square)
        act, c = ACTIVATIONS[self.activation], self.channels
        pixels = colours * stacked**2

        extracted = nn.Sequential(
            nn.PixelShuffle(inside), convolution(pixels, c), Descent(c, self.halvings, self.blocks, act)
        )
        restored = nn.Sequential(
            Ascent(c, self.halvings, self.blocks, act), act(), convolution(c, pixels), nn.PixelUnshuffle(inside)
        )
        if self.carry:
            begin_at_nothing(restored[-2])
        kept = pixels * inside**2 if self.carry else 0
        units = kept + sum(c * side**2 for side in _sides(self.halvings))
        encoder = nn.Sequential(
            nn.Unflatten(1, (1, height)) if len(shape) == 2 else nn.Identity(),
            nn.ReplicationPad2d((0, wide * square - width, 0, low * square - height)),
            nn.PixelUnshuffle(stacked),
            nn.PixelUnshuffle(inside),
            Beside(extracted) if self.carry else extracted,
            nn.Flatten(),
        )
        decoder = nn.Sequential(
            nn.Unflatten(1, (units, low, wide)),
            Corrected(restored, kept) if self.carry else restored,
            nn.PixelShuffle(inside),
            nn.PixelShuffle(stacked),
            Cropped(height, width),
            nn.Flatten(),
        )
        # What is carried is already in the space of the data.
        ends: Link = "identity" if self.carry else link
        model = Autoencoder(encoder, decoder, shape=shape, n_latent=units * low * wide, link=ends)
        model.places = low * wide
        return model


def _sides(halvings: int) -> list[int]:
    """Return how many places of each size lie along the side of one square of the code, the finest first."""
    return [2**i for i in range(halvings, -1, -1)]


class Descent(nn.Module):
    """Gives maps at each size, stacked to the coarsest one's places and side by side, the finest first."""

    def __init__(self, channels: int, halvings: int, blocks: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(channels, act) for _ in range(blocks))) for _ in range(halvings + 1)
        )
        self.halve = nn.ModuleList(nn.Conv2d(channels, channels, 2, stride=2) for _ in range(halvings))
        self.stack = nn.ModuleList(nn.PixelUnshuffle(side) for side in _sides(halvings))

    def forward(self, h: Tensor) -> Tensor:
        """Return all maps of finest ones ``(n, channels, height, width)``."""
        kept = []
        for i, (blocks, stack) in enumerate(zip(self.blocks, self.stack, strict=True)):
            h = blocks(self.halve[i - 1](h) if i else h)
            kept.append(stack(h))
        return torch.cat(kept, 1)


class Ascent(nn.Module):
    """Widens the coarsest maps step by step and adds to each size the maps that the code holds of it."""

    def __init__(self, channels: int, halvings: int, blocks: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.sizes = [channels * side**2 for side in _sides(halvings)]
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(channels, act) for _ in range(blocks))) for _ in range(halvings + 1)
        )
        self.widen = nn.ModuleList(nn.ConvTranspose2d(channels, channels, 2, stride=2) for _ in range(halvings))
        self.unstack = nn.ModuleList(nn.PixelShuffle(side) for side in _sides(halvings))

    def forward(self, z: Tensor) -> Tensor:
        """Return the finest maps from what :class:`Descent` gave."""
        kept = [unstack(part) for unstack, part in zip(self.unstack, z.split(self.sizes, 1), strict=True)]
        h = self.blocks[-1](kept[-1])
        for i in range(len(kept) - 2, -1, -1):
            h = self.blocks[i](kept[i] + self.widen[i](h))
        return h
