"""The denoising autoencoder: the input is spoilt, the target is not."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Generator, Tensor

from aecore import corruptions, terms
from aecore.knobs import choice, knob
from aecore.methods.method import Method
from aecore.networks import Autoencoder


@dataclass(frozen=True)
class Denoising(Method):
    r"""Minimise L(x, g(f(x̃))) with x̃ ~ C(x̃|x), L the squared error.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, Stacked denoising autoencoders,
    JMLR 11 (2010) 3371-3408.
    """

    name = "denoising"

    corruption: str = choice(*corruptions.TABLE)
    level: float = knob(0.5, 0.0, 1.0, step=0.05, live=True)

    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the loss of what is rebuilt from the spoilt input, the only term."""
        spoilt = corruptions.TABLE[self.corruption](x, self.level, rng)
        return {"reconstruction": terms.squared_error(model(spoilt), target)}
