"""Surveys: many samples through a model, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from aecore import terms
from aecore.networks import Autoencoder, GaussianAutoencoder

CHUNK = 4096


class Survey(NamedTuple):
    """What a model makes of many samples.

    Attributes
    ----------
    codes : ndarray
        Shape ``(n, n_latent)``; the posterior means of a Gaussian code.
    errors : ndarray
        Shape ``(n,)``: squared error of each reconstruction, summed over features.
    shares : ndarray
        Shape ``(n_latent,)``: the share of the codes' variance along each latent, in [0, 1].
    kl : ndarray or None
        Shape ``(n_latent,)``: the divergence of each latent from its prior, in nats; only of a Gaussian code.
    """

    codes: np.ndarray
    errors: np.ndarray
    shares: np.ndarray
    kl: np.ndarray | None

    @property
    def weights(self) -> np.ndarray:
        """How much each latent counts: its divergence or, without one, its share of the variance."""
        return self.shares if self.kl is None else self.kl


@torch.inference_mode()
def survey(model: Autoencoder, parts: Sequence[Tensor]) -> Survey:
    """Return codes, errors and the weight of each latent for inputs, each part ``(n, *shape)``."""
    n = sum(len(part) for part in parts)
    gaussian = isinstance(model, GaussianAutoencoder)
    codes, errors, kl = [], [], torch.zeros(model.n_latent)
    for part in (chunk for whole in parts for chunk in whole.split(CHUNK)):
        if gaussian:
            mean, log_variance = cast("GaussianAutoencoder", model).posterior(part)
            kl += terms.kl_per_latent(mean, log_variance) * (len(part) / n)
        else:
            mean = model.encode(part)
        codes.append(mean)
        errors.append((model.decode(mean) - part).square().flatten(1).sum(1))
    z = torch.cat(codes)
    variances = z.var(0, correction=0)
    shares = variances / variances.sum().clamp(min=1e-12)
    return Survey(z.numpy(), torch.cat(errors).numpy(), shares.numpy(), kl.numpy() if gaussian else None)
