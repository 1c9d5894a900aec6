"""The contractive autoencoder: the code should hardly move when the input does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, jacrev, vmap

from aecore import terms
from aecore.knobs import choice, knob
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Net
from aecore.networks.net import ACTIVATIONS, Shape


@dataclass(frozen=True)
class Contractive(Method):
    r"""Minimise L(x, g(f(x))) + λ Σ_i ‖∇_x h_i‖², the squared Frobenius norm of the encoder's Jacobian.

    References
    ----------
    S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio, Contractive auto-encoders: explicit invariance
    during feature extraction, ICML 2011.
    """

    name = "contractive"
    defaults: ClassVar = {"net": "mlp", "hidden": (), "latent": 256}

    strength: float = knob(1.0, 0.0, 10.0, step=0.05, live=True)
    units: str = choice("sigmoid", "tanh", fine=True)

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose code is bounded, so that contracting it is not a mere change of scale."""
        model = super().network(shape, net, unit=unit)
        model.encoder.append(ACTIVATIONS[self.units]())
        model.code_range = (0.0, 1.0) if self.units == "sigmoid" else (-1.0, 1.0)
        return model

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's loss and the penalty."""
        h = model.encode(x)
        found = {"reconstruction": terms.squared_error(model.decode(h), target)}
        if self.strength:
            found["contraction"] = self.strength * squared_jacobian(model, x, h)
        return found

    def goes_together(self, model: Autoencoder) -> bool:
        """Return whether the penalty has its closed form: Jacobians within Jacobians are rounded otherwise."""
        return not self.strength or _slope(model.encoder, torch.empty(0)) is not None


def squared_jacobian(model: Autoencoder, x: Tensor, h: Tensor) -> Tensor:
    r"""Return :math:`\sum_i \|\nabla_x h_i\|^2`, the mean over the batch.

    One layer of sigmoid or tanh units has the closed form :math:`\sum_i \phi'(a_i)^2 \|w_i\|^2`; any other
    encoder pays for its exact Jacobian.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, *shape)``.
    h : Tensor
        Its codes, shape ``(n, units)``.
    """
    slope = _slope(model.encoder, h)
    if slope is not None:
        weight = cast("nn.Linear", model.encoder[1]).weight
        return (slope.square() @ weight.square().sum(1)).mean()
    return jacobians(model, x).square().flatten(1).sum(1).mean()


def jacobians(model: Autoencoder, x: Tensor) -> Tensor:
    """Return ∂h/∂x for each input, shape ``(n, units, *shape)``."""
    weights: dict[str, Tensor] = dict(model.encoder.named_parameters())

    def code(one: Tensor) -> Tensor:
        return functional_call(model.encoder, weights, one[None])[0]

    return vmap(jacrev(code))(x)


def _slope(encoder: nn.Sequential, h: Tensor) -> Tensor | None:
    """Return the derivative of one layer's units, told from their values; ``None`` for any other encoder."""
    match list(encoder):
        case [nn.Flatten(), nn.Linear(), nn.Sigmoid()]:
            return h * (1 - h)
        case [nn.Flatten(), nn.Linear(), nn.Tanh()]:
            return 1 - h.square()
    return None
