"""Quantised codes: whole numbers, each with a learnt distribution, which can be written down in bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from aecore.networks import Autoencoder
from aecore.networks.net import Link, Shape

# How much coarser or finer than in training a code can be rounded; the middle is as trained.
COARSENESS = tuple(2 ** (i / 2) for i in range(-3, 5))
TRAINED = COARSENESS.index(1.0)
# Symbols go from -REACH to REACH; a code beyond takes the nearest.
REACH = 127
# A symbol's probability is a whole number of so manieth parts.
TOTAL = 1 << 20
_COMPONENTS = 3
_LEAST = 1e-9
# The prior has to follow a code whose scale changes by orders of magnitude while the weights move little.
_PACE = 10


class Prior(nn.Module):
    r"""A distribution for each unit of a code, independent of the others: a mixture of logistic ones.

    .. math:: F_i(y) = \sum_k \pi_{ik} \, \sigma\big((y - \mu_{ik}) / s_{ik}\big)

    What is rounded to a multiple q of the step Δ has the probability
    :math:`P_i(q) = F_i((q + \tfrac12) \Delta) - F_i((q - \tfrac12) \Delta)`.

    Parameters
    ----------
    units : int
    width : float
        The scales s at first.
    step : float
        Δ.

    Attributes
    ----------
    centres : Tensor
        Shape ``(units,)``, int32: the likeliest multiple of the step, from which symbols count.
    tables : Tensor
        Shape ``(len(COARSENESS), units, 2 * REACH + 1)``, int32, ``TOTAL`` in sum: the probabilities in whole parts, as
        they were when the weights were last written down. Whoever reads a file takes them as they stand: floating
        point may round differently on another machine, and one wrong bit would garble all that follows (Ballé et
        al. 2019).

    References
    ----------
    J. Ballé, V. Laparra, E. P. Simoncelli, End-to-end optimized image compression, ICLR 2017, arXiv:1611.01704.
    J. Ballé, D. Minnen, S. Singh, S. J. Hwang, N. Johnston, Variational image compression with a scale hyperprior,
    ICLR 2018, arXiv:1802.01436: a learnt factorised prior, in appendix 6.1.
    T. Salimans, A. Karpathy, X. Chen, D. P. Kingma, PixelCNN++, ICLR 2017, arXiv:1701.05517: logistic mixtures.
    J. Ballé, N. Johnston, D. Minnen, Integer networks for data compression with latent-variable models, ICLR 2019.
    """

    tables: Tensor
    centres: Tensor

    def __init__(self, units: int, width: float, step: float) -> None:
        super().__init__()
        self.step = step
        self.weights = nn.Parameter(torch.zeros(units, _COMPONENTS))
        self.means = nn.Parameter(width * torch.linspace(-1, 1, _COMPONENTS).repeat(units, 1))
        self.scales = nn.Parameter(torch.full((units, _COMPONENTS), math.log(width) / _PACE))
        self.register_buffer("centres", torch.zeros(units, dtype=torch.int32))
        self.register_buffer("tables", torch.zeros(len(COARSENESS), units, 2 * REACH + 1, dtype=torch.int32))
        self._write_tables()

    def probability(self, y: Tensor, coarseness: float = 1.0) -> Tensor:
        """Return the probability of the bin around each `y`, shape ``(..., units, places)``.

        Of the two tails of the logistic function the smaller is taken, where floating point is finer.
        """
        y = y.unsqueeze(-1) - self.means[:, None]
        half, scale = self.step * coarseness / 2, (_PACE * self.scales).exp()[:, None]
        side = -torch.where(y < 0, -1.0, 1.0)
        mass = (torch.sigmoid(side * (y + half) / scale) - torch.sigmoid(side * (y - half) / scale)).abs()
        return (mass * self.weights.softmax(-1)[:, None]).sum(-1)

    def bits(self, y: Tensor) -> Tensor:
        """Return what each of the codes ``(..., units, places)`` costs in bits: -log2 of its bin's probability."""
        return -self.probability(y).clamp(min=_LEAST).log2()

    @torch.no_grad()
    def _write_tables(self) -> None:
        """Write the probabilities of all symbols in whole parts; none is 0, so that any code can be written."""
        symbols = torch.arange(-REACH, REACH + 1, device=self.means.device).expand(len(self.means), -1)
        self.centres.copy_(self.probability(symbols * self.step).argmax(1) - REACH)
        for table, coarseness in zip(self.tables, COARSENESS, strict=True):
            at = (symbols * coarseness + self.centres[:, None]) * self.step
            p = self.probability(at, coarseness).double()
            parts = 1 + (p / p.sum(1, keepdim=True) * (TOTAL - p.shape[1])).floor()
            likeliest = parts.argmax(1, keepdim=True)
            table.copy_(parts.scatter_add(1, likeliest, TOTAL - parts.sum(1, keepdim=True)))

    def _save_to_state_dict(self, *given: object) -> None:  # torch's own name for it
        if self.training:
            self._write_tables()
        super()._save_to_state_dict(*given)


class QuantisedAutoencoder(Autoencoder):
    """An autoencoder whose code is rounded to multiples of a step, and has a prior.

    Parameters
    ----------
    plain : Autoencoder
        As a network builds it.
    step : float
        Δ, between two values of a code.

    Attributes
    ----------
    prior : Prior
        One distribution for each unit, shared by all places where the code has several.
    """

    def __init__(self, plain: Autoencoder, step: float) -> None:
        shape: Shape = plain.shape
        link: Link = plain.link
        super().__init__(plain.encoder, plain.decoder, shape=shape, n_latent=plain.n_latent, link=link)
        self.places = plain.places
        self.step = step
        self.prior = Prior(plain.n_latent // plain.places, step / 8, step)

    def encode(self, x: Tensor) -> Tensor:
        """Return the rounded codes ``(n, n_latent)`` of inputs ``(n, *shape)``."""
        return (self.encoder(x) / self.step).round() * self.step

    def symbols(self, x: Tensor, coarseness: int = TRAINED) -> Tensor:
        """Return the codes of inputs as symbols from 0, ``(units, n, places)``, rounded as ``COARSENESS`` says."""
        y = self.by_unit(self.encoder(x)).transpose(0, 1) / self.step - self.prior.centres[:, None, None]
        return (y / COARSENESS[coarseness]).round().clamp(-REACH, REACH).int() + REACH

    def from_symbols(self, symbols: Tensor, coarseness: int = TRAINED) -> Tensor:
        """Return the codes ``(n, n_latent)`` that :meth:`symbols` made symbols of."""
        q = (symbols - REACH) * COARSENESS[coarseness] + self.prior.centres[:, None, None]
        return (q * self.step).transpose(0, 1).flatten(1)

    def by_unit(self, z: Tensor) -> Tensor:
        """Return codes ``(n, n_latent)`` as ``(n, units, places)``."""
        return z.unflatten(1, (-1, self.places))

    def bits(self, z: Tensor) -> Tensor:
        """Return what each of the codes ``(n, n_latent)`` costs in bits by the prior."""
        return self.prior.bits(self.by_unit(z)).flatten(1)
