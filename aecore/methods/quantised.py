"""The quantised autoencoder: a code of whole numbers, of which every bit has its price."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Generator, Tensor

from aecore import terms
from aecore.knobs import Knob, choice, knob
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Net
from aecore.networks.net import Shape
from aecore.quantised import QuantisedAutoencoder


@dataclass(frozen=True)
class Quantised(Method):
    r"""Minimise :math:`\|x - \hat x\|^2 + c \, R`, error and what it costs to write the code down.

    R is the number of bits of the rounded code by its prior, c the squared error that a bit must save to be worth
    writing: 1/λ of Ballé et al. Rounding has no gradient. In its stead training adds uniform noise as wide as a step,
    so that the density of the code is the probability of a bin (Ballé et al. 2017); or it rounds what the decoder
    gets and lets the gradient pass as if it had not (Theis et al. 2017), with noise for the rate alone (Minnen &
    Singh 2020).

    The step is the best one of a uniform quantiser at high rates: from D = Δ²/12 and dD/dR = -2 ln 2 D = -c a
    coefficient follows Δ² = 6 c / ln 2 (Gish & Pierce 1968); scales of the code remain to be learnt.

    References
    ----------
    J. Ballé, V. Laparra, E. P. Simoncelli, End-to-end optimized image compression, ICLR 2017, arXiv:1611.01704.
    L. Theis, W. Shi, A. Cunningham, F. Huszár, Lossy image compression with compressive autoencoders, ICLR 2017,
    arXiv:1703.00395.
    D. Minnen, S. Singh, Channel-wise autoregressive entropy models for learned image compression, ICIP 2020,
    arXiv:2007.08739.
    H. Gish, J. Pierce, Asymptotically efficient quantizing, IEEE Trans. Inf. Theory 14 (1968) 676-683.
    """

    name = "quantised"
    of_units = False
    built_in = ("price",)

    price: float = knob(0.01, 1e-5, 10.0, scale="log", live=True)
    rounding: str = choice("straight", "noise", fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Let no code carry the input along: it would have to be rounded too."""
        if "carry" not in knobs:
            return dict(knobs)
        return {**knobs, "carry": replace(knobs["carry"], default=False, idle=True)}

    @property
    def step(self) -> float:
        """The distance Δ between two values of a code."""
        return math.sqrt(6 * self.price / math.log(2))

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose code is rounded, with a prior."""
        return QuantisedAutoencoder(super().network(shape, net, unit=unit), self.step)

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the error and the price of the bits."""
        model = cast("QuantisedAutoencoder", model)
        y = model.encoder(x)
        loose = y + self.step * (torch.empty_like(y).uniform_(generator=rng) - 0.5)
        given = loose if self.rounding == "noise" else y + ((y / self.step).round() * self.step - y).detach()
        return {
            "reconstruction": terms.squared_error(model.decode(given), target),
            "bits": self.price * model.bits(loose).sum() / len(x),
        }
