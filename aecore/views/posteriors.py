"""Posteriors: what a Gaussian code says of inputs, and which of its latents say anything."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from aecore import terms
from aecore.networks import Autoencoder, GaussianAutoencoder

# A latent is active if its posterior mean varies by more than this over the inputs.
ACTIVE = 0.01


class Posteriors(NamedTuple):
    """The posteriors q(z|x) of several inputs.

    Attributes
    ----------
    means, deviations : ndarray
        Shape ``(n, n_latent)``: μ and σ of each input.
    kl : ndarray
        Shape ``(n_latent,)``: the divergence from the prior N(0, 1), the mean over inputs, in nats.
    active : ndarray of bool
        Shape ``(n_latent,)``: whether the variance of μ over the inputs is above 0.01.
    order : ndarray of int
        Shape ``(n_latent,)``: the latents by their divergence, the largest first.
    """

    means: np.ndarray
    deviations: np.ndarray
    kl: np.ndarray
    active: np.ndarray
    order: np.ndarray


@torch.inference_mode()
def posteriors(model: Autoencoder, x: Tensor) -> Posteriors:
    """Return what a Gaussian code says of inputs ``(n, *shape)``.

    References
    ----------
    Y. Burda, R. Grosse, R. Salakhutdinov, Importance weighted autoencoders, ICLR 2016, arXiv:1509.00519:
    active units.
    """
    mean, log_variance = cast("GaussianAutoencoder", model).posterior(x)
    kl = terms.kl_per_latent(mean, log_variance)
    active = mean.var(0, correction=0) > ACTIVE
    order = kl.argsort(descending=True, stable=True)
    found = (mean, (0.5 * log_variance).exp(), kl, active, order)
    return Posteriors(*(tensor.numpy() for tensor in found))
