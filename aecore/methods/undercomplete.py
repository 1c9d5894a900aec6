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
from aecore.networks.net import Link, Shape

LINKS: dict[str, Link] = {"bernoulli": "sigmoid", "categorical": "softmax"}
CROSS_ENTROPIES = {
    "bernoulli": terms.bernoulli_cross_entropy,
    "categorical": terms.categorical_cross_entropy,
}


@dataclass(frozen=True)
class Undercomplete(Method):
    r"""Minimise L(x, g(f(x))) through a code with fewer dimensions than x.

    L is the squared error; for values in [0, 1] it may be the Bernoulli cross-entropy, and for rows that choose
    one symbol each the categorical.

    References
    ----------
    G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313 (2006) 504-507.
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 14.1.
    """

    name = "undercomplete"
    of_units = False

    loss: str = choice("squared", "bernoulli", "categorical", fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Keep the code smaller than the input, and cross-entropies to values that are probabilities."""
        narrowed = dict(knobs)
        if latent := knobs.get("latent"):
            narrowed["latent"] = replace(latent, high=min(latent.high, math.prod(shape) - 1))
        losses = losses_for(unit=unit, one_hot=one_hot)
        return {**narrowed, "loss": replace(knobs["loss"], default=losses[0], options=losses)}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose outputs are probabilities where the loss takes them for that."""
        usual = super().network
        return usual(shape, net, unit=unit) if self.loss == "squared" else net.build(shape, LINKS[self.loss])

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's loss, the only term."""
        z = model.encode(x)
        if self.loss == "squared":
            return {"reconstruction": terms.squared_error(model.decode(z), target)}
        return {"reconstruction": CROSS_ENTROPIES[self.loss](model.logits(z), target)}


def losses_for(*, unit: bool, one_hot: bool) -> tuple[str, ...]:
    """Return the losses that suit values of some kind, the best known first."""
    return ("categorical", "squared") if one_hot else ("squared", "bernoulli") if unit else ("squared",)
