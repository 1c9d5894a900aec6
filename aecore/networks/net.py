"""What a network is: a spec that builds an autoencoder for inputs of a given shape."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, TypeAlias

import torch
from torch import Tensor, nn

from aecore.knobs import Spec

Shape: TypeAlias = tuple[int, ...]
Link: TypeAlias = Literal["identity", "sigmoid", "softmax"]

ACTIVATIONS: dict[str, type[nn.Module]] = {"silu": nn.SiLU, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}

LINKS: dict[Link, Callable[[Tensor], Tensor]] = {
    "identity": lambda logits: logits,
    "sigmoid": torch.sigmoid,
    "softmax": partial(torch.softmax, dim=-1),
}


class Autoencoder(nn.Module):
    """An encoder h = f(x) and a decoder x̂ = g(h).

    Parameters
    ----------
    encoder, decoder : nn.Sequential
        From inputs ``(n, *shape)`` to codes ``(n, n_latent)``, and from codes to
        ``(n, n_features)`` before the link.
    shape : tuple of int
        Shape of one input.
    n_latent : int
        Size of the code.
    link : {"identity", "sigmoid", "softmax"}
        What turns the decoder's last layer into the mean of p(x|h); softmax goes over the last axis of an input.

    Attributes
    ----------
    code_range : tuple of float
        The bounds that the code cannot leave.
    places : int
        How often each unit occurs in a code, once for each place of the input; a unit's values lie side by side.
    """

    code_range: tuple[float, float] = (-math.inf, math.inf)
    places: int = 1

    def __init__(
        self, encoder: nn.Sequential, decoder: nn.Sequential, *, shape: Shape, n_latent: int, link: Link
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.shape = shape
        self.n_latent = n_latent
        self.link = link

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes ``(n, n_latent)`` of inputs ``(n, *shape)``."""
        return self.encoder(x)

    def logits(self, z: Tensor) -> Tensor:
        """Return the decoder's output before the link, ``(n, *shape)``."""
        return self.decoder(z).unflatten(1, self.shape)

    def decode(self, z: Tensor) -> Tensor:
        """Return the mean of p(x|z), ``(n, *shape)``, in the space of the data."""
        return LINKS[self.link](self.logits(z))

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction x̂ = g(f(x))."""
        return self.decode(self.encode(x))


class GaussianAutoencoder(Autoencoder):
    """An autoencoder whose code is a Gaussian q(z|x) = N(μ(x), diag σ²(x)).

    Its encoder gives ``2 n_latent`` numbers: the means, then the logarithms of the variances.
    """

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of q(z|x), each ``(n, n_latent)``, for inputs ``(n, *shape)``."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, x: Tensor) -> Tensor:
        """Return the posterior means ``(n, n_latent)`` of inputs ``(n, *shape)``."""
        return self.posterior(x)[0]


@dataclass(frozen=True)
class Net(Spec, ABC):
    """A network's shape, before it is built."""

    takes: ClassVar[int] = 0
    """The fewest axes that one input must have."""

    of_units: ClassVar[bool] = True
    """Whether its code is a row of units, rather than maps with a place for every place of the input."""

    @abstractmethod
    def build(self, shape: Shape, link: Link) -> Autoencoder:
        """Return an autoencoder with fresh weights from torch's global generator."""
