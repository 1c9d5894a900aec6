"""The undercomplete autoencoder: the code is smaller than the input, and that is all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Generator, Tensor

from aecore import terms
from aecore.knobs import Knob, choice
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Net
from aecore.networks.net import Shape


@dataclass(frozen=True)
class Undercomplete(Method):
    r"""Minimise L(x, g(f(x))) through a code with fewer dimensions than x.

    L is the squared error or, for values in [0, 1], the Bernoulli cross-entropy.

    References
    ----------
    G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313 (2006) 504-507.
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 14.1.
    """

    name = "undercomplete"
    of_units = False

    loss: str = choice("squared", "bernoulli", fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Keep the code smaller than the input, and cross-entropy to values that are probabilities."""
        narrowed = dict(knobs)
        if latent := knobs.get("latent"):
            narrowed["latent"] = replace(latent, high=min(latent.high, math.prod(shape) - 1))
        return narrowed if unit else {**narrowed, "loss": replace(knobs["loss"], options=("squared",))}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose outputs are probabilities where the loss takes them for that."""
        return net.build(shape, "sigmoid") if self.loss == "bernoulli" else super().network(shape, net, unit=unit)

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's loss, the only term."""
        z = model.encode(x)
        if self.loss == "bernoulli":
            return {"reconstruction": terms.bernoulli_cross_entropy(model.logits(z), target)}
        return {"reconstruction": terms.squared_error(model.decode(z), target)}
