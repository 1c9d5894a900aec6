"""The denoising autoencoder: the input is spoilt, the target is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from aecore import corruptions, terms
from aecore.knobs import Knob, Value, choice, knob
from aecore.methods.method import Method
from aecore.networks import Autoencoder, Net
from aecore.networks.net import Shape
from aecore.samples import Samples

FOR_PICTURES: dict[str, Value] = {"hidden": (512,), "latent": 128, "steps": 4000}
# What a picture is like before it is warped takes few numbers.
FOR_WARPED = FOR_PICTURES | {"hidden": (512, 256), "latent": 16, "rate": 2e-3}


@dataclass(frozen=True)
class Denoising(Method):
    r"""Minimise L(x, g(f(x̃))) with x̃ ~ C(x̃|x).

    L is the squared error or, for rows that choose one symbol each, the categorical cross-entropy.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, Stacked denoising autoencoders,
    JMLR 11 (2010) 3371-3408.
    """

    name = "denoising"
    of_units = False

    corruption: str = choice(*corruptions.TABLE)
    level: float = knob(0.5, 0.0, 1.0, step=0.05, live=True)
    loss: str = choice("squared", "categorical", fine=True)

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Give pictures a wide layer, and keep points, which have no pixels to mask, to Gaussian noise."""
        losses = ("categorical", "squared") if one_hot else ("squared",)
        knobs = {**knobs, "loss": replace(knobs["loss"], default=losses[0], options=losses, idle=not one_hot)}
        corruption = knobs["corruption"]
        if one_hot:
            still = tuple(name for name in corruption.options if name != "warping")
            return {**knobs, "corruption": replace(corruption, default="masking", options=still)}
        if len(shape) > 1:
            chose, _ = corruption.settle(chosen.get("corruption", corruption.default))
            recipe = FOR_WARPED if chose == "warping" else FOR_PICTURES
            return {name: replace(k, default=recipe.get(name, k.default)) for name, k in knobs.items()}
        return {**knobs, "corruption": replace(corruption, default="gaussian", options=("gaussian",), idle=True)}

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return a network whose outputs are probabilities of symbols where the loss takes them for that."""
        return net.build(shape, "softmax") if self.loss == "categorical" else super().network(shape, net, unit=unit)

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the loss of what is rebuilt from the spoilt input, the only term."""
        spoilt = corruptions.TABLE[self.corruption](x, self.level, rng)
        if self.loss == "categorical":
            logits = model.logits(model.encode(spoilt))
            return {"reconstruction": terms.categorical_cross_entropy(logits, target)}
        return {"reconstruction": terms.squared_error(model(spoilt), target)}

    def goes_together(self, model: Autoencoder) -> bool:
        """Return whether torch can spoil the inputs of several runs at once."""
        return self.corruption != "warping"

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples, rng: Generator) -> dict[str, float]:
        """Return ``denoised_error``: the squared error of what is rebuilt from spoilt held-out inputs."""
        spoilt = corruptions.TABLE[self.corruption](samples.inputs, self.level, rng)
        return {"denoised_error": float(terms.squared_error(model(spoilt), samples.targets))}
