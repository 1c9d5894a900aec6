"""The sparse autoencoder: there may be many units, but few are active at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import torch
from torch import Generator, Tensor, nn

from aecore import terms
from aecore.knobs import Knob, Value, choice, knob
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Net
from aecore.networks.net import Shape

# What the running mean keeps at each example (Eq. 1).
KEEP = 0.999
# Bounds and step of the target, by rule: tanh units, then sigmoid units.
TARGETS = {"bias": (-0.99, 0.99, 0.01), "kl": (0.005, 0.5, 0.005)}
# The keys of what those bounds come from.
UNITS = {"bias": "tanh_units", "kl": "sigmoid_units"}
# The best recipe found for each rule on whitened patches; a knob that is not named has no influence on it.
RECIPES: dict[str, dict[str, Value]] = {
    "bias": {"rho": -0.9, "alpha": 0.3, "beta": 1.0, "decay": 0.0, "rate": 1e-3},
    "kl": {"rho": 0.02, "beta": 10.0, "decay": 0.03, "latent": 128, "rate": 1e-2},
    "l1": {"beta": 1.0, "latent": 128, "rate": 3e-3},
    "topk": {"k": 6, "latent": 128, "rate": 3e-3},
}
# Values in [0, 1] vary less than whitened ones; with the same decay every weight would vanish.
GENTLE = 0.1


class TopK(nn.Module):
    """Keep the k largest activations of each example, those above 0, and set the rest to 0.

    References
    ----------
    A. Makhzani and B. Frey, k-sparse autoencoders (2013), arXiv:1312.5663.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, a: Tensor) -> Tensor:
        """Return activations ``(n, units)`` with at most k of each row left."""
        largest, units = a.topk(min(self.k, a.shape[1]))
        return torch.zeros_like(a).scatter(1, units, largest.relu())


CODES: dict[str, tuple[type[nn.Module], tuple[float, float]]] = {
    "bias": (nn.Tanh, (-1.0, 1.0)),
    "kl": (nn.Sigmoid, (0.0, 1.0)),
    "l1": (nn.ReLU, (0.0, float("inf"))),
    "topk": (TopK, (0.0, float("inf"))),
}


@dataclass(frozen=True)
class Sparse(Method):
    r"""Minimise L(x, g(f(x))) while every unit keeps to a mean activation of ρ.

    By ``rule``:

    ``bias``
        tanh units, active near +1 and inactive near -1. After every step of the optimiser the running
        mean of each unit moves, :math:`\hat\rho_i \leftarrow 0.999 \hat\rho_i + 0.001 a_i` (Eq. 1), and its
        bias follows, :math:`b_i \leftarrow b_i - \alpha\beta(\hat\rho_i - \rho)` (Eq. 2). The loss is untouched.
    ``kl``
        sigmoid units, and :math:`\beta \sum_i KL(\rho \| \hat\rho_i)` with the batch's means.
    ``l1``
        rectified units, and :math:`\beta \sum_i |h_i|`; the decoder's columns have length one.
    ``topk``
        only the k most active units of each example are kept; the decoder's columns have length one.

    The first two may add weight decay, ``decay`` times the squares of all weights.

    References
    ----------
    Project's source material, "Sparse autoencoder", Eq. 1 and Eq. 2.
    A. Ng, CS294A lecture notes, Sparse autoencoder (2011).
    A. Makhzani and B. Frey, k-sparse autoencoders (2013), arXiv:1312.5663.
    """

    name = "sparse"
    defaults: ClassVar = {
        "size": 10,
        "whiten": True,
        "net": "mlp",
        "hidden": (),
        "latent": 64,
        "steps": 4000,
        "batch": 128,
        "schedule": "cosine",
    }

    rule: str = choice("bias", "kl", "l1", "topk")
    rho: float = knob(-0.9, -0.99, 0.99, step=0.01, live=True)
    alpha: float = knob(0.3, 0.001, 1.0, scale="log", live=True, fine=True)
    beta: float = knob(1.0, 0.01, 30.0, scale="log", live=True)
    decay: float = knob(0.0, 0.0, 0.2, step=0.001, live=True, fine=True)
    k: int = knob(6, 1, 256, scale="log")

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Give the knobs the recipe of the rule, and the target the range of its units; let the others rest."""
        rule = str(knobs["rule"].settle(chosen.get("rule", knobs["rule"].default))[0])
        recipe = RECIPES[rule]
        narrowed = {name: replace(k, default=recipe.get(name, k.default)) for name, k in knobs.items()}
        if rule in TARGETS:
            low, high, step = TARGETS[rule]
            narrowed["rho"] = replace(narrowed["rho"], low=low, high=high, step=step, why=UNITS[rule])
        if unit and rule == "kl":
            narrowed["decay"] = replace(narrowed["decay"], default=GENTLE * cast("float", recipe["decay"]))
        rest = cls.knobs().keys() - recipe.keys() - {"rule"}
        return narrowed | {name: replace(narrowed[name], idle=True) for name in rest}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose code consists of the units that the rule wants."""
        model = super().network(shape, net, unit=unit)
        units, model.code_range = CODES[self.rule]
        model.encoder.append(units(self.k) if units is TopK else units())
        model.register_buffer("rho_hat", torch.zeros(model.n_latent))
        return model

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's loss and what sparsity and large weights cost."""
        h = model.encode(x)
        found = {"reconstruction": terms.squared_error(model.decode(h), target)}
        if self.rule == "kl":
            found["sparsity"] = self.beta * terms.kl_bernoulli(self.rho, h.mean(0))
        if self.rule == "l1":
            found["sparsity"] = self.beta * h.abs().sum(1).mean()
        if self.decay and self.rule in TARGETS:
            found["decay"] = self.decay * terms.squared_weights(model)
        return found

    @torch.no_grad()
    def after_step(self, model: Autoencoder, x: Tensor) -> None:
        """Move the running means (Eq. 1) and, by the rule, the biases (Eq. 2) or the lengths of the columns."""
        rho_hat = model.get_buffer("rho_hat")
        rho_hat.copy_(averaged(rho_hat, model.encode(x)))
        if self.rule == "bias":
            cast("nn.Linear", model.encoder[-2]).bias.sub_(self.alpha * self.beta * (rho_hat - self.rho))
        if self.rule in ("l1", "topk"):
            columns = cast("nn.Linear", model.decoder[0]).weight
            columns.div_(columns.norm(dim=0).clamp(min=1e-8))


def averaged(rho_hat: Tensor, a: Tensor) -> Tensor:
    r"""Return the running means after a batch (Eq. 1): :math:`0.999^n \hat\rho + (1 - 0.999^n) \bar a`.

    For activations that stay as they are it equals n updates, one for each example.

    Parameters
    ----------
    rho_hat : Tensor
        Shape ``(units,)``.
    a : Tensor
        Activations of the batch, shape ``(n, units)``.
    """
    return torch.lerp(a.mean(0), rho_hat, KEEP ** len(a))
