"""The undercomplete autoencoder: the code is smaller than the input, and that is all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Generator, Tensor, nn

from aecore import terms
from aecore.knobs import Knob, choice
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Linear, Net
from aecore.networks.net import Link, Shape

LINKS: dict[str, Link] = {"bernoulli": "sigmoid", "categorical": "softmax", "multinomial": "softmax"}
CROSS_ENTROPIES = {
    "bernoulli": terms.bernoulli_cross_entropy,
    "categorical": terms.categorical_cross_entropy,
    "multinomial": terms.multinomial_nll,
}


@dataclass(frozen=True)
class Undercomplete(Method):
    r"""Minimise L(x, g(f(x))) through a code with fewer dimensions than x.

    L is the squared error; for values in [0, 1] it may be the Bernoulli cross-entropy, for rows that choose
    one symbol each the categorical, and for histories, a row of choices each, the multinomial.

    Histories get a code of tanh units (Mult-DAE), and squared error takes what comes out as scores, which need not be
    probabilities.

    References
    ----------
    G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313 (2006) 504-507.
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 14.1.
    D. Liang, R. G. Krishnan, M. D. Hoffman, T. Jebara, Variational autoencoders for collaborative filtering,
    WWW 2018, arXiv:1802.05814.
    """

    name = "undercomplete"
    of_units = False

    loss: str = choice("squared", "bernoulli", "categorical", "multinomial", fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Keep the code smaller than the input, and cross-entropies to values that are probabilities."""
        narrowed = dict(knobs)
        if latent := knobs.get("latent"):
            narrowed["latent"] = replace(latent, high=min(latent.high, math.prod(shape) - 1))
        losses = losses_for(unit=unit, one_hot=one_hot, histories=unit and len(shape) == 1)
        wish = knobs["loss"].default
        best = wish if wish != cls.knobs()["loss"].default and wish in losses else losses[0]
        return {**narrowed, "loss": replace(knobs["loss"], default=best, options=losses)}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose outputs are probabilities where the loss takes them for that."""
        if unit and len(shape) == 1:
            return self._of_histories(shape, net)
        usual = super().network
        return usual(shape, net, unit=unit) if self.loss == "squared" else net.build(shape, LINKS[self.loss])

    def _of_histories(self, shape: Shape, net: Net) -> Autoencoder:
        model = net.build(shape, LINKS.get(self.loss, "identity"))
        if not isinstance(net, Linear):
            model.encoder.append(nn.Tanh())
            model.code_range = (-1.0, 1.0)
        return model

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's loss, the only term."""
        z = model.encode(x)
        if self.loss == "squared":
            return {"reconstruction": terms.squared_error(model.decode(z), target)}
        return {"reconstruction": CROSS_ENTROPIES[self.loss](model.logits(z), target)}


def losses_for(*, unit: bool, one_hot: bool, histories: bool = False) -> tuple[str, ...]:
    """Return the losses that suit values of some kind, the best known first."""
    if histories:
        return ("squared", "multinomial")
    return ("categorical", "squared") if one_hot else ("squared", "bernoulli") if unit else ("squared",)
