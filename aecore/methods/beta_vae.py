"""The β-VAE and its kin: the divergence weighs more, or one part of it does, and the latents come apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import functional_call

from aecore import terms
from aecore.knobs import Knob, Value, choice, knob
from aecore.methods.vae import Vae, sampled
from aecore.networks import Autoencoder, GaussianAutoencoder, Net
from aecore.networks.net import Shape

# The best recipe found for each variant on sprites; a knob that is not named has no influence on it.
RECIPES: dict[str, dict[str, Value]] = {
    "beta": {"beta": 4.0},
    "capacity": {"gamma": 30.0, "capacity": 15.0, "rise": 4000},  # of 6,000 steps
    "btcvae": {"beta": 12.0},
    "factor": {"gamma": 6.0},
}
# One wrong symbol makes another molecule, so that rebuilding weighs more.
OF_SYMBOLS: dict[str, Value] = {"beta": 0.05}
# What follows is not all in the history: a lighter divergence lets the code say more (Liang et al. 2018).
OF_CHOICES: dict[str, Value] = {"beta": 0.2}
Array = TypeVar("Array", Tensor, np.ndarray)
# Width of the two hidden layers of FactorVAE's discriminator.
JUDGES = 256


@dataclass(frozen=True)
class BetaVae(Vae):
    r"""Minimise the negative bound with a heavier divergence, by ``variant``.

    ``beta``
        :math:`-E \log p(x|z) + \beta KL` (Higgins et al.).
    ``capacity``
        :math:`-E \log p(x|z) + \gamma |KL - C|`, with C rising from 0 to ``capacity`` nats during ``rise``
        steps (Burgess et al.).
    ``btcvae``
        β on the total correlation alone, :math:`KL(q(z) \| \prod q(z_i))`, estimated from the batch (Chen et al.).
    ``factor``
        :math:`+ \gamma` times the total correlation as a discriminator sees it that tells codes from codes
        whose latents are shuffled between inputs (Kim and Mnih). Both learn at once, with the same optimiser.

    References
    ----------
    I. Higgins et al., β-VAE: learning basic visual concepts with a constrained variational framework, ICLR 2017.
    C. P. Burgess et al., Understanding disentangling in β-VAE (2018), arXiv:1804.03599.
    R. T. Q. Chen et al., Isolating sources of disentanglement in variational autoencoders, NeurIPS 2018.
    H. Kim and A. Mnih, Disentangling by factorising, ICML 2018.
    """

    name = "beta_vae"
    defaults: ClassVar[Mapping[str, object]] = {
        "net": "mlp",
        "hidden": (200, 100),
        "latent": 6,
        "activation": "relu",
        "steps": 6000,
        "batch": 256,
        "rate": 3e-3,
        "schedule": "constant",
    }

    variant: str = choice("btcvae", "beta", "capacity", "factor")
    beta: float = knob(12.0, 0.01, 100.0, scale="log", live=True)
    gamma: float = knob(30.0, 0.1, 1000.0, scale="log", live=True)
    capacity: float = knob(15.0, 0.5, 100.0, step=0.5, live=True)
    rise: int = knob(4000, 1, 100_000, scale="log", fine=True)  # narrowed: two thirds of the steps, at most all

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Give the knobs the recipe of the variant; let the others rest."""
        narrowed = super().narrow(knobs, shape=shape, unit=unit, one_hot=one_hot, chosen=chosen)
        histories = unit and len(shape) == 1
        if one_hot or histories:
            narrowed["variant"] = replace(narrowed["variant"], default="beta")
        variant = str(narrowed["variant"].settle(chosen.get("variant", narrowed["variant"].default))[0])
        recipe = RECIPES[variant]
        if variant == "beta" and (one_hot or histories):
            recipe = OF_SYMBOLS if one_hot else OF_CHOICES
        narrowed |= {name: replace(narrowed[name], default=value) for name, value in recipe.items()}
        if "rise" in recipe:
            # A run shorter than the rise would never come to C.
            steps = int(cast("int", knobs["steps"].settle(chosen.get("steps", knobs["steps"].default))[0]))
            narrowed["rise"] = replace(narrowed["rise"], default=max(round(2 * steps / 3), 1), high=steps, why="rise")
        rest = {"beta", "gamma", "capacity", "rise"} - recipe.keys()
        return narrowed | {name: replace(narrowed[name], idle=True) for name in rest}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return the VAE's network and what the variant carries along: the capacity so far, or a discriminator."""
        model = super().network(shape, net, unit=unit)
        if self.variant == "capacity":
            model.register_buffer("capacity", torch.zeros(()))
        if self.variant == "factor":
            model.discriminator = nn.Sequential(
                nn.Linear(model.n_latent, JUDGES),
                nn.LeakyReLU(0.2),
                nn.Linear(JUDGES, JUDGES),
                nn.LeakyReLU(0.2),
                nn.Linear(JUDGES, 1),
            )
        return model

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the reconstruction's term and the weighted parts of the divergence."""
        x, target = self.observed(x, target, rng)
        mean, log_variance = cast("GaussianAutoencoder", model).posterior(x)
        z = sampled(mean, log_variance, rng)
        found = {"reconstruction": self.nll(model, z, target)}
        if self.variant == "btcvae":
            parts = terms.kl_parts(z, mean, log_variance)
            return found | {
                "mutual_information": parts.mutual_information,
                "total_correlation": self.beta * parts.total_correlation,
                "dimension_wise": parts.dimension_wise,
            }
        kl = terms.kl_per_latent(mean, log_variance).sum()
        if self.variant == "beta":
            return found | {"kl": self.beta * kl}
        if self.variant == "capacity":
            return found | {"kl": self.gamma * (kl - model.get_buffer("capacity")).abs()}
        judge = model.get_submodule("discriminator")
        fixed = {name: weight.detach() for name, weight in judge.named_parameters()}
        true, shuffled = z.detach(), shuffled_latents(z.detach(), rng)
        return found | {
            "kl": kl,
            "total_correlation": self.gamma * functional_call(judge, fixed, (z,)).mean(),
            "discriminator": 0.5 * (F.softplus(-judge(true)).mean() + F.softplus(judge(shuffled)).mean()),
        }

    @torch.no_grad()
    def after_step(self, model: Autoencoder, x: Tensor) -> None:
        """Let the capacity rise."""
        if self.variant == "capacity":
            capacity = model.get_buffer("capacity")
            capacity.copy_(self.risen(capacity, 1))

    def risen(self, before: Array, steps: Array | int) -> Array:
        """Return the capacity, in nats, some steps after it was `before`."""
        return (before + steps * (self.capacity / self.rise)).clip(max=self.capacity)


def shuffled_latents(z: Tensor, rng: Generator) -> Tensor:
    """Return codes ``(n, n_latent)`` with every latent shuffled between the inputs by itself."""
    return z.gather(0, torch.empty_like(z).uniform_(generator=rng).argsort(0))
