"""Loss terms: each one equation, a sum over features and a mean over the batch.

With this reduction β, λ and ρ mean what the papers mean by them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def squared_error(x_hat: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`\sum_i (\hat x_i - x_i)^2`, the mean over the batch.

    Up to constants the negative logarithm of a Gaussian with fixed variance.

    Parameters
    ----------
    x_hat, x : Tensor
        Shape ``(n, *shape)``.

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
    return F.mse_loss(x_hat, x, reduction="sum") / x.shape[0]


def bernoulli_cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    r"""Return :math:`-\sum_i x_i \log p_i + (1 - x_i) \log(1 - p_i)`, the mean over the batch.

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
    return (rho * (rho / p).log() + (1 - rho) * ((1 - rho) / (1 - p)).log()).sum()


def squared_weights(model: nn.Module) -> Tensor:
    """Return the sum of the squares of all weights but the biases."""
    return torch.stack([weight.square().sum() for weight in model.parameters() if weight.dim() > 1]).sum()
