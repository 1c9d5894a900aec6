"""The variational autoencoder: the code of an input is a distribution, kept near a prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import torch
from torch import Generator, Tensor, nn

from aecore import terms
from aecore.knobs import Knob, Value, choice, knob, switch
from aecore.methods.method import Method
from aecore.networks import Autoencoder, GaussianAutoencoder, Net
from aecore.networks.net import Link, Shape
from aecore.samples import Samples

# For histories, rows of choices: one wide code without further layers (Liang et al. 2018 have 200 latents).
OF_HISTORIES: dict[str, Value] = {
    "hidden": (),
    "latent": 200,
    "steps": 1500,
    "batch": 256,
    "rate": 3e-3,
    "schedule": "one_cycle",
}
# Held-out samples that are scored at a time.
CHUNK = 1024
LINKS: dict[str, Link] = {
    "bernoulli": "sigmoid",
    "gaussian": "identity",
    "categorical": "softmax",
    "multinomial": "softmax",
}


@dataclass(frozen=True)
class Vae(Method):
    r"""Minimise :math:`-E_{q(z|x)} \log p(x|z) + KL(q(z|x) \| p(z))`, the negative of the evidence's lower bound.

    q(z|x) = N(μ(x), diag σ²(x)), p(z) = N(0, I); the expectation is taken by one reparameterised sample
    z = μ + σε, the divergence in closed form. p(x|z) is a Bernoulli distribution for each pixel, a Gaussian of
    fixed σ, for rows that choose one symbol each a categorical distribution, or for rows of choices a multinomial
    one (Mult-VAE).

    References
    ----------
    D. P. Kingma and M. Welling, Auto-encoding variational Bayes (2013), arXiv:1312.6114.
    D. J. Rezende, S. Mohamed, D. Wierstra, Stochastic backpropagation and approximate inference in deep
    generative models, ICML 2014.
    D. Liang, R. G. Krishnan, M. D. Hoffman, T. Jebara, Variational autoencoders for collaborative filtering,
    WWW 2018, arXiv:1802.05814.
    """

    name = "vae"
    defaults: ClassVar[Mapping[str, object]] = {  # type: ignore[assignment]
        "net": "mlp",
        "hidden": (400,),
        "latent": 20,
        "activation": "relu",
        "steps": 4690,
        "batch": 128,
        "rate": 1e-3,
        "schedule": "constant",
    }

    likelihood: str = choice("bernoulli", "gaussian", "categorical", "multinomial")
    sigma: float = knob(0.2, 0.01, 1.0, scale="log", fine=True)
    binarise: bool = switch(False, fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Keep decoders of probabilities to values that are such, and σ to Gaussian ones."""
        likelihoods = ("categorical", "gaussian") if one_hot else ("bernoulli", "gaussian") if unit else ("gaussian",)
        if unit and len(shape) == 1:
            likelihoods = ("multinomial", "gaussian")
            knobs = {name: replace(knob, default=OF_HISTORIES.get(name, knob.default)) for name, knob in knobs.items()}
        likelihood = replace(knobs["likelihood"], default=likelihoods[0], options=likelihoods)
        kind = likelihood.settle(chosen.get("likelihood", likelihood.default))[0]
        return {
            **knobs,
            "likelihood": likelihood,
            "sigma": replace(knobs["sigma"], idle=kind != "gaussian"),
            "binarise": replace(knobs["binarise"], idle=kind != "bernoulli"),
        }

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network that gives mean and log-variance of each code, and the mean of p(x|z)."""
        plain = net.build(shape, LINKS[self.likelihood])
        narrowest = cast("nn.Linear", plain.encoder[-1])
        plain.encoder[-1] = nn.Linear(narrowest.in_features, 2 * narrowest.out_features)
        return GaussianAutoencoder(plain.encoder, plain.decoder, shape=shape, n_latent=plain.n_latent, link=plain.link)

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return both terms of the bound, from one sample of each code."""
        x, target = self.observed(x, target, rng)
        mean, log_variance = cast("GaussianAutoencoder", model).posterior(x)
        z = sampled(mean, log_variance, rng)
        return {
            "reconstruction": self.nll(model, z, target),
            "kl": terms.kl_per_latent(mean, log_variance).sum(),
        }

    def observed(self, x: Tensor, target: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
        """Return inputs and targets as the model sees them: binary draws of grey values where that is wanted."""
        if not (self.binarise and self.likelihood == "bernoulli"):
            return x, target
        drawn = (torch.empty_like(x).uniform_(generator=rng) < x).to(x.dtype)
        return drawn, drawn if target is x else target

    def nll(self, model: Autoencoder, z: Tensor, target: Tensor) -> Tensor:
        """Return -log p(x|z), summed over features, the mean over the batch, in nats."""
        if self.likelihood == "bernoulli":
            return terms.bernoulli_cross_entropy(model.logits(z), target)
        if self.likelihood == "multinomial":
            return terms.multinomial_nll(model.logits(z), target)
        if self.likelihood == "categorical":
            return terms.categorical_cross_entropy(model.logits(z), target)
        return terms.gaussian_nll(model.decode(z), target, self.sigma)

    def log_likelihood(self, model: Autoencoder, z: Tensor, target: Tensor) -> Tensor:
        """Return log p(x|z) of every code ``(n, n_latent)``, shape ``(n,)``, in nats.

        Its mean is the negative of :meth:`nll`, which training takes for its speed.
        """
        if self.likelihood == "bernoulli":
            each = terms.log_bernoulli(model.logits(z), target)
        elif self.likelihood in ("categorical", "multinomial"):
            each = terms.log_categorical(model.logits(z), target)
        else:
            each = terms.log_normal(target, model.decode(z), torch.tensor(2 * math.log(self.sigma)))
        return each.flatten(1).sum(1)

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples, rng: Generator) -> dict[str, float]:
        """Return ``bound``, the negative lower bound by one sample of each code, and its two parts, in nats.

        They are ``distortion``, -log p(x|z), and ``kl``, which no β weighs.
        """
        found = dict.fromkeys(("distortion", "kl"), 0.0)
        for inputs, targets in zip(samples.inputs.split(CHUNK), samples.targets.split(CHUNK), strict=True):
            x, target = self.observed(inputs, inputs if samples.targets is samples.inputs else targets, rng)
            mean, log_variance = cast("GaussianAutoencoder", model).posterior(x)
            share = len(inputs) / samples.size
            found["distortion"] += share * float(self.nll(model, sampled(mean, log_variance, rng), target))
            found["kl"] += share * float(terms.kl_per_latent(mean, log_variance).sum())
        return {"bound": sum(found.values()), **found}


def sampled(mean: Tensor, log_variance: Tensor, rng: Generator) -> Tensor:
    """Return z = μ + σε with ε ~ N(0, I), so that gradients reach μ and σ."""
    return mean + (0.5 * log_variance).exp() * torch.empty_like(mean).normal_(generator=rng)
