"""Loss terms: each one equation, a sum over features and a mean over the batch.

With this reduction β, λ and ρ mean what the papers mean by them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def squared_error(x_hat: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`\sum_i (\hat x_i - x_i)^2`, the mean over the batch.

    Up to constants the negative logarithm of a Gaussian with fixed variance.

    Parameters
    ----------
    x_hat, x : Tensor
        Shape ``(n, *shape)``. In rows ``(n, n_features)`` NaN marks what was not observed, which costs nothing.

    Returns
    -------
    Tensor
        A scalar, at least 0.

    Examples
    --------
    >>> import torch
    >>> squared_error(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.zeros(2, 2))
    tensor(2.5000)
    """
    if x.dim() == 2:
        x = torch.where(x.isnan(), x_hat, x)
    return F.mse_loss(x_hat, x, reduction="sum") / x.shape[0]


def bernoulli_cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`-\sum_i [x_i \log p_i + (1 - x_i) \log(1 - p_i)]`, the mean over the batch.

    Parameters
    ----------
    logits : Tensor
        Shape ``(n, *shape)``; :math:`p = \mathrm{sigmoid}(\text{logits})`.
    x : Tensor
        Shape ``(n, *shape)``, values in [0, 1].

    Returns
    -------
    Tensor
        A scalar, at least 0, in nats.

    Examples
    --------
    >>> import torch
    >>> bernoulli_cross_entropy(torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]))
    tensor(1.3863)
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.shape[0]


def categorical_cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`-\sum_t \sum_a x_{ta} \log p_{ta}`, the mean over the batch.

    Parameters
    ----------
    logits : Tensor
        Shape ``(n, *places, symbols)``; :math:`p = \mathrm{softmax}(\text{logits})` over the last axis.
    x : Tensor
        The same shape; each row along the last axis is a distribution, such as the one-hot row of a symbol.

    Returns
    -------
    Tensor
        A scalar, at least 0, in nats.

    Examples
    --------
    >>> import torch
    >>> categorical_cross_entropy(torch.zeros(1, 2, 4), torch.eye(4)[None, :2])
    tensor(2.7726)
    """
    return -(x * logits.log_softmax(-1)).sum() / x.shape[0]


def multinomial_nll(logits: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`-\sum_i x_i \log p_i`, the mean over the batch.

    The negative logarithm of a multinomial distribution, up to the number of orders in which the same things can
    be chosen. All items share one budget of probability: what becomes likelier takes from all others.

    Parameters
    ----------
    logits : Tensor
        Shape ``(n, items)``; :math:`p = \mathrm{softmax}(\text{logits})`.
    x : Tensor
        Shape ``(n, items)``: how often each was chosen; NaN as 0.

    Returns
    -------
    Tensor
        A scalar, at least 0, in nats.

    References
    ----------
    D. Liang, R. G. Krishnan, M. D. Hoffman, T. Jebara, Variational autoencoders for collaborative filtering,
    WWW 2018, arXiv:1802.05814.

    Examples
    --------
    >>> import torch
    >>> multinomial_nll(torch.zeros(1, 4), torch.tensor([[1.0, 0.0, 1.0, 0.0]]))
    tensor(2.7726)
    """
    return categorical_cross_entropy(logits, x.nan_to_num())


def kl_bernoulli(rho: float, rho_hat: Tensor) -> Tensor:
    r"""Return :math:`\sum_i KL(\rho \| \hat\rho_i)` between Bernoulli distributions.

    Parameters
    ----------
    rho : float
        In (0, 1).
    rho_hat : Tensor
        Shape ``(units,)``, in [0, 1].

    Returns
    -------
    Tensor
        A scalar, at least 0, in nats.

    Examples
    --------
    >>> import torch
    >>> kl_bernoulli(0.5, torch.tensor([0.5, 0.5]))
    tensor(0.)
    """
    p = rho_hat.clamp(1e-6, 1 - 1e-6)
    # Quotients as products: the same bits whether ρ is a number or, for several runs, a tensor.
    return (rho * (rho * p.reciprocal()).log() + (1 - rho) * ((1 - rho) * (1 - p).reciprocal()).log()).sum()


def squared_weights(model: nn.Module) -> Tensor:
    """Return the sum of the squares of all weights but the biases."""
    return torch.stack([weight.square().sum() for weight in model.parameters() if weight.dim() > 1]).sum()


def gaussian_nll(x_hat: Tensor, x: Tensor, sigma: float) -> Tensor:
    r"""Return :math:`-\log N(x; \hat x, \sigma^2 I)`, the mean over the batch.

    Parameters
    ----------
    x_hat, x : Tensor
        Shape ``(n, *shape)``.
    sigma : float
        Standard deviation of every feature, more than 0.

    Returns
    -------
    Tensor
        A scalar in nats; a density may exceed 1, so it may be negative.
    """
    constant = math.prod(x.shape[1:]) * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    return squared_error(x_hat, x) / (2 * sigma**2) + constant


def kl_per_latent(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""Return :math:`\tfrac12 (\sigma_i^2 + \mu_i^2 - 1 - \log \sigma_i^2)`, the mean over the batch.

    The divergence of N(μ, diag σ²) from the prior N(0, I), latent by latent.

    Parameters
    ----------
    mean, log_variance : Tensor
        Shape ``(n, n_latent)``.

    Returns
    -------
    Tensor
        Shape ``(n_latent,)``, at least 0, in nats.

    References
    ----------
    D. P. Kingma and M. Welling, Auto-encoding variational Bayes (2013), arXiv:1312.6114, appendix B.

    Examples
    --------
    >>> import torch
    >>> kl_per_latent(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2))
    tensor([0.5000, 0.0000])
    """
    return 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean(0)


class KlParts(NamedTuple):
    """The KL divergence of the posteriors from the prior, in three; each a scalar in nats.

    Attributes
    ----------
    mutual_information : Tensor
        Between input and code, KL(q(z, x) ‖ q(z) p(x)).
    total_correlation : Tensor
        Between the latents, KL(q(z) ‖ Π q(z_i)).
    dimension_wise : Tensor
        Σ KL(q(z_i) ‖ p(z_i)).
    """

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_wise: Tensor


def kl_parts(z: Tensor, mean: Tensor, log_variance: Tensor) -> KlParts:
    r"""Estimate mutual information, total correlation and dimension-wise KL from one batch.

    q(z) is the mixture of the batch's own posteriors. Weighting them for a larger data set of N
    samples (minibatch weighted sampling) adds a multiple of log N to each part, which cancels in
    their sum and has no gradient.

    Parameters
    ----------
    z, mean, log_variance : Tensor
        Shape ``(n, n_latent)``: a sample of each posterior, and its parameters.

    References
    ----------
    R. T. Q. Chen, X. Li, R. Grosse, D. Duvenaud, Isolating sources of disentanglement in variational
    autoencoders, NeurIPS 2018, arXiv:1802.04942.
    """
    # Row i, column j: log-density of sample i under the posterior of input j, latent by latent.
    pairs = log_normal(z[:, None], mean[None], log_variance[None])
    log_n = math.log(len(z))
    log_posterior = log_normal(z, mean, log_variance).sum(1)
    log_aggregate = pairs.sum(2).logsumexp(1) - log_n
    log_product = (pairs.logsumexp(1) - log_n).sum(1)
    return KlParts(
        (log_posterior - log_aggregate).mean(),
        (log_aggregate - log_product).mean(),
        (log_product - log_prior(z)).mean(),
    )


def log_normal(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return log N(z; mean, exp(log_variance)), element by element, in nats."""
    return -0.5 * (math.log(2 * math.pi) + log_variance + (z - mean).square() * (-log_variance).exp())


def log_prior(z: Tensor) -> Tensor:
    """Return log N(z; 0, I) of codes ``(n, n_latent)``, shape ``(n,)``, in nats."""
    return log_normal(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)


def log_bernoulli(logits: Tensor, x: Tensor) -> Tensor:
    """Return log Bernoulli(x; sigmoid(logits)), element by element, in nats."""
    return x * logits - F.softplus(logits)


def log_categorical(logits: Tensor, x: Tensor) -> Tensor:
    """Return log p of the symbols of one-hot rows `x` with p = softmax(logits) over the last axis, zero elsewhere."""
    return x * logits.log_softmax(-1)
