"""Likelihood: how probable a variational autoencoder finds inputs, and how others would print it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Generator, Tensor

from aecore import terms
from aecore.methods.vae import Vae, sampled
from aecore.networks import Autoencoder, GaussianAutoencoder

# Codes that are decoded at a time: few enough for a core's cache.
CHUNK = 1000


@torch.inference_mode()
def importance_bound(model: Autoencoder, method: Vae, x: Tensor, counts: Sequence[int], *, seed: int = 0) -> np.ndarray:
    r"""Return :math:`-E \log \tfrac1k \sum_i p(x, z_i) / q(z_i|x)` with :math:`z_i \sim q(z|x)`.

    An upper bound of -log p(x) that falls with k towards it; k = 1 is the negative of the usual bound.
    Each expectation is taken over as many groups of k samples as were drawn, and the mean over inputs.

    Parameters
    ----------
    model : Autoencoder
    method : Vae
        Says p(x|z), and whether the inputs are binary draws.
    x : Tensor
        Shape ``(n, *shape)``.
    counts : sequence of int
        The values of k; the largest is the number of samples that are drawn for each input. Where each
        divides the next the result never rises, as its expectation never does.
    seed : int
        Of the samples.

    Returns
    -------
    ndarray
        Shape ``(len(counts),)``, in nats.

    References
    ----------
    Y. Burda, R. Grosse, R. Salakhutdinov, Importance weighted autoencoders, ICLR 2016, arXiv:1509.00519.
    """
    rng = Generator().manual_seed(seed)
    x, target = method.observed(x, x, rng)
    mean, log_variance = cast("GaussianAutoencoder", model).posterior(x)
    log_weights = torch.empty(len(x), max(counts))
    for i, weights in enumerate(log_weights):
        for part in weights.split(CHUNK):
            q = mean[i].expand(len(part), -1), log_variance[i].expand(len(part), -1)
            z = sampled(*q, rng)
            part.copy_(_log_weight(model, method, q, z, target[i : i + 1]))
    return np.array([_bound(log_weights, count) for count in counts])


@torch.inference_mode()
def bounds(model: Autoencoder, method: Vae, x: Tensor, draws: int, *, seed: int = 0) -> np.ndarray:
    """Return the negative lower bound of log p(x) of each of some inputs, the mean over draws of its code.

    Parameters
    ----------
    model : Autoencoder
    method : Vae
    x : Tensor
        Shape ``(n, *shape)``.
    draws : int
    seed : int

    Returns
    -------
    ndarray
        Shape ``(n,)``, in nats.
    """
    rng = Generator().manual_seed(seed)
    x, target = method.observed(x, x, rng)
    q = cast("GaussianAutoencoder", model).posterior(x)
    found = [_log_weight(model, method, q, sampled(*q, rng), target) for _ in range(draws)]
    return -torch.stack(found).mean(0).numpy()


def _log_weight(model: Autoencoder, method: Vae, q: tuple[Tensor, Tensor], z: Tensor, target: Tensor) -> Tensor:
    """Return log p(x, z) / q(z|x) of codes ``(n, n_latent)``, shape ``(n,)``."""
    log_joint = method.log_likelihood(model, z, target) + terms.log_prior(z)
    return log_joint - terms.log_normal(z, *q).sum(1)


def _bound(log_weights: Tensor, count: int) -> float:
    groups = log_weights.shape[1] // count
    grouped = log_weights[:, : groups * count].unflatten(1, (groups, count))
    return float(math.log(count) - grouped.logsumexp(2).double().mean())


class Printed(NamedTuple):
    """Both terms of the bound as one convention prints them.

    Attributes
    ----------
    convention : str
        ``"sums"``, ``"bound"``, ``"pixel_mean"``, ``"means"`` or ``"bits"``.
    distortion, kl : float
    total : float
        What is minimised or, for ``"bound"``, maximised.
    beta : float
        The weight of that KL in the total; for all but ``"pixel_mean"`` the one that trains the same model.
    """

    convention: str
    distortion: float
    kl: float
    total: float
    beta: float


def conventions(distortion: float, kl: float, *, features: int, latents: int, beta: float = 1.0) -> list[Printed]:
    r"""Return the same two terms as different libraries and papers print them.

    ``sums``
        A loss; sums over features and latents. So here, and in pythae.
    ``bound``
        The same with the sign of the evidence's lower bound; larger is better.
    ``pixel_mean``
        The mean over features beside the sum over latents, as losses with ``reduction="mean"`` give it: the same
        β then trains another model, the one that β times the number of features trains with sums.
    ``means``
        The means over features and over latents; its β is Higgins' :math:`\beta_{norm}`.
    ``bits``
        Bits for each feature.

    Parameters
    ----------
    distortion, kl : float
        Sums over features and over latents, in nats.
    features, latents : int
    beta : float
        The weight of `kl`.

    References
    ----------
    I. Higgins et al., β-VAE: learning basic visual concepts with a constrained variational framework, ICLR 2017.

    Examples
    --------
    >>> conventions(80.0, 20.0, features=100, latents=10)[3]
    Printed(convention='means', distortion=0.8, kl=2.0, total=1.0, beta=0.1)
    """

    def printed(name: str, of_distortion: float, of_kl: float, beta: float) -> Printed:
        first, second = of_distortion * distortion, of_kl * kl
        return Printed(name, first, second, first + beta * second, beta)

    bit = 1 / (features * math.log(2))
    return [
        printed("sums", 1, 1, beta),
        printed("bound", -1, -1, beta),
        printed("pixel_mean", 1 / features, 1, beta),
        printed("means", 1 / features, 1 / latents, beta * latents / features),
        printed("bits", bit, bit, beta),
    ]
