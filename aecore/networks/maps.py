"""Maps: an autoencoder of convolutions alone, whose code has a place for every place of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aecore.knobs import choice, knob, switch
from aecore.networks.net import ACTIVATIONS, Autoencoder, Link, Net, Shape


@dataclass(frozen=True)
class Maps(Net):
    """3x3 convolutions of one width on a picture whose squares of pixels were stacked; it takes any size.

    With `carry` the code holds the picture itself beside the maps, and the decoder only adds what is to be
    changed of it: the residual learning of DnCNN.

    Parameters
    ----------
    channels : int
        Maps after each convolution.
    depth : int
        Convolutions, the first half of which encode.
    stacked : int
        How often the sides are halved by stacking each two by two pixels.
    carry : bool

    References
    ----------
    K. Zhang, W. Zuo, Y. Chen, D. Meng, L. Zhang, Beyond a Gaussian denoiser: residual learning of deep CNN
    for image denoising, IEEE TIP 26 (2017) 3142-3155.
    K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV 2015: the first weights.
    K. Zhang, W. Zuo, L. Zhang, FFDNet: toward a fast and flexible solution for CNN-based image denoising,
    IEEE TIP 27 (2018) 4608-4622: stacked pixels.
    """

    name = "maps"
    takes = 2
    of_units = False

    channels: int = knob(32, 4, 128, fine=True)
    depth: int = knob(8, 2, 20)
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

        def convolutions(into: int, count: int, out: int) -> list[nn.Module]:
            widths = [into, *[c] * (count - 1), out]
            layers = [nn.Conv2d(widths[i], widths[i + 1], 3, padding=1) for i in range(count)]
            for layer in layers:  # else what goes in has faded after a few layers
                nn.init.kaiming_normal_(layer.weight)
            return [module for layer in layers for module in (layer, act())]

        first = self.depth // 2
        extracted = nn.Sequential(*convolutions(pixels, first, c))
        restored = nn.Sequential(*convolutions(c, self.depth - first, pixels)[:-1])
        if self.carry:  # so that it begins by changing nothing
            for parameter in restored[-1].parameters():
                nn.init.zeros_(parameter)
        encoder = nn.Sequential(
            nn.Unflatten(1, (1, height)) if len(shape) == 2 else nn.Identity(),
            nn.ReplicationPad2d((0, wide * square - width, 0, low * square - height)),
            nn.PixelUnshuffle(square),
            _Beside(extracted) if self.carry else extracted,
            nn.Flatten(),
        )
        kept = pixels if self.carry else 0
        decoder = nn.Sequential(
            nn.Unflatten(1, (kept + c, low, wide)),
            _Corrected(restored, kept) if self.carry else restored,
            nn.PixelShuffle(square),
            _Cropped(height, width),
            nn.Flatten(),
        )
        # What is carried is already in the space of the data.
        ends: Link = "identity" if self.carry else link
        return Autoencoder(encoder, decoder, shape=shape, n_latent=(kept + c) * low * wide, link=ends)


class _Beside(nn.Module):
    """Gives what it is given, and what `body` makes of that."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], 1)


class _Corrected(nn.Module):
    """Adds what `body` makes of the other maps to the first ones."""

    def __init__(self, body: nn.Module, kept: int) -> None:
        super().__init__()
        self.body = body
        self.kept = kept

    def forward(self, h: Tensor) -> Tensor:
        return h[:, : self.kept] + self.body(h[:, self.kept :])


class _Cropped(nn.Module):
    """Cuts off what was padded."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, : self.height, : self.width]
