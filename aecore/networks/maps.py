"""Maps: an autoencoder of convolutions alone, whose code has a place for every place of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.knobs import choice, knob, switch
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Maps(Net):
    """Residual blocks of 3x3 convolutions on a picture whose squares of pixels were stacked; it takes any size.

    With `carry` the code holds the picture itself beside the maps, and the decoder only adds what is to be
    changed of it: the residual learning of DnCNN.

    Parameters
    ----------
    channels : int
        Maps after each convolution.
    blocks : int
        Residual blocks of two convolutions in the encoder, and as many in the decoder.
    stacked : int
        How often the sides are halved by stacking each two by two pixels.
    carry : bool

    References
    ----------
    K. Zhang, W. Zuo, Y. Chen, D. Meng, L. Zhang, Beyond a Gaussian denoiser: residual learning of deep CNN
    for image denoising, IEEE TIP 26 (2017) 3142-3155.
    K. He, X. Zhang, S. Ren, J. Sun, Identity mappings in deep residual networks, ECCV 2016: the blocks.
    B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, Enhanced deep residual networks for single image
    super-resolution, CVPR Workshops 2017: blocks without normalisation.
    K. Zhang, W. Zuo, L. Zhang, FFDNet: toward a fast and flexible solution for CNN-based image denoising,
    IEEE TIP 27 (2018) 4608-4622: stacked pixels.
    """

    name = "maps"
    takes = 2
    of_units = False

    channels: int = knob(32, 4, 128, fine=True)
    blocks: int = knob(2, 1, 8)
    stacked: int = knob(1, 0, 3, fine=True)
    carry: bool = switch(True, fine=True)
    activation: str = choice("relu", "silu", "tanh", fine=True)

    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an autoencoder for pictures ``(height, width)`` or ``(colours, height, width)``."""
        colours, (height, width) = (shape[0] if len(shape) == 3 else 1), shape[-2:]
        square = 2**self.stacked
        low, wide = -(-height // square), -(-width // square)
        act, c = ACTIVATIONS[self.activation], self.channels
        pixels = colours * square**2

        extracted = nn.Sequential(convolution(pixels, c), *(Block(c, act) for _ in range(self.blocks)))
        restored = nn.Sequential(*(Block(c, act) for _ in range(self.blocks)), act(), convolution(c, pixels))
        if self.carry:
            begin_at_nothing(restored[-1])
        encoder = nn.Sequential(
            nn.Unflatten(1, (1, height)) if len(shape) == 2 else nn.Identity(),
            nn.ReplicationPad2d((0, wide * square - width, 0, low * square - height)),
            nn.PixelUnshuffle(square),
            Beside(extracted) if self.carry else extracted,
            nn.Flatten(),
        )
        kept = pixels if self.carry else 0
        decoder = nn.Sequential(
            nn.Unflatten(1, (kept + c, low, wide)),
            Corrected(restored, kept) if self.carry else restored,
            nn.PixelShuffle(square),
            Cropped(height, width),
            nn.Flatten(),
        )
        # What is carried is already in the space of the data.
        ends: Link = "identity" if self.carry else link
        model = Autoencoder(encoder, decoder, shape=shape, n_latent=(kept + c) * low * wide, link=ends)
        model.places = low * wide
        return model


def convolution(into: int, out: int) -> nn.Conv2d:
    """Return a convolution with kernels of 3 by 3 that keeps the size."""
    return nn.Conv2d(into, out, 3, padding=1)


def begin_at_nothing(layer: nn.Module) -> None:
    """Set all weights of a layer to zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


class Block(nn.Module):
    """Adds to maps what two convolutions make of them; at first that is nothing."""

    def __init__(self, channels: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.body = nn.Sequential(act(), convolution(channels, channels), act(), convolution(channels, channels))
        begin_at_nothing(self.body[-1])

    def forward(self, h: Tensor) -> Tensor:
        """Return maps of the same shape."""
        return h + self.body(h)


class Beside(nn.Module):
    """Gives what it is given, and what `body` makes of that."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(n, channels and maps, height, width)``."""
        return torch.cat([x, self.body(x)], 1)


class Corrected(nn.Module):
    """Adds what `body` makes of the other maps to the first ones."""

    def __init__(self, body: nn.Module, kept: int) -> None:
        super().__init__()
        self.body = body
        self.kept = kept

    def forward(self, h: Tensor) -> Tensor:
        """Return the first maps, changed."""
        return h[:, : self.kept] + self.body(h[:, self.kept :])


class Cropped(nn.Module):
    """Cuts off what was padded."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """Return the upper left corner of maps."""
        return x[:, :, : self.height, : self.width]
