"""Rankings: what a recommender promises, measured on choices that were hidden from it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SHARE = 0.2
RECALLED, RANKED = 20, 100
# Of a history that goes in; 5 did a little better than 3 on a part of the training histories.
LENGTH = 5.0


def hidden(x: Tensor, rng: Generator, share: float = SHARE) -> Tensor:
    """Choose what is hidden of each history: that share of its items, rounded down, but one at least.

    Parameters
    ----------
    x : Tensor
        Shape ``(n, items)``; more than 0 where an item was chosen.
    rng : Generator
    share : float

    Returns
    -------
    Tensor
        Booleans, shape ``(n, items)``.

    Examples
    --------
    >>> hidden(torch.ones(2, 11), Generator().manual_seed(0)).sum(1)
    tensor([2, 2])
    """
    chosen = x > 0
    places = torch.empty_like(x).uniform_(generator=rng).masked_fill(~chosen, 2.0).argsort(1).argsort(1)
    # A little more than the product, so that 0.2 of 5 is 1 whatever the last bit says.
    count = (share * chosen.sum(1) + 1e-6).floor().clamp(min=1)
    return chosen & (places < count[:, None])


def normalised(x: Tensor) -> Tensor:
    """Return histories ``(n, items)`` of one length, so that a long one weighs no more than a short one."""
    return LENGTH * F.normalize(x)


def unseen(scores: Tensor, given: Tensor) -> Tensor:
    """Return scores ``(n, items)`` that are -∞ where an item is in the history already."""
    return scores.masked_fill(given > 0, -torch.inf)


def recall(scores: Tensor, given: Tensor, wanted: Tensor, k: int = RECALLED) -> Tensor:
    """Return how many of the hidden items are among the first k, as a share of all that could be.

    Parameters
    ----------
    scores : Tensor
        Shape ``(n, items)``; what is highest comes first, but nothing that was given.
    given, wanted : Tensor
        Shape ``(n, items)``, more than 0 where an item went in, or was hidden.
    k : int

    Returns
    -------
    Tensor
        Shape ``(n,)``, in [0, 1].

    References
    ----------
    D. Liang, R. G. Krishnan, M. D. Hoffman, T. Jebara, Variational autoencoders for collaborative filtering,
    WWW 2018, arXiv:1802.05814, section 4.2; :func:`ndcg` likewise.

    Examples
    --------
    >>> scores, given, wanted = torch.tensor([[[4.0, 3, 2, 1]], [[1, 0, 0, 0]], [[0, 1, 0, 1]]])
    >>> recall(scores, given, wanted, k=2)
    tensor([0.5000])
    """
    first = unseen(scores, given).topk(min(k, scores.shape[1])).indices
    hits = (wanted > 0).gather(1, first).sum(1)
    return hits / (wanted > 0).sum(1).clamp(min=1, max=k)


def ndcg(scores: Tensor, given: Tensor, wanted: Tensor, k: int = RANKED) -> Tensor:
    r"""Return the discounted gain of the first k, :math:`\sum_r w_r / \log_2(r + 1)`, as a share of the best possible.

    Parameters
    ----------
    scores, given : Tensor
        As for :func:`recall`.
    wanted : Tensor
        Shape ``(n, items)``: what each hidden item is worth, 0 for all others.
    k : int

    Returns
    -------
    Tensor
        Shape ``(n,)``, in [0, 1].

    Examples
    --------
    >>> scores, given, wanted = torch.tensor([[[4.0, 3, 2, 1]], [[1, 0, 0, 0]], [[0, 0, 1, 0]]])
    >>> ndcg(scores, given, wanted)
    tensor([0.6309])
    """
    k = min(k, scores.shape[1])
    discounts = torch.arange(2, k + 2, device=scores.device).log2().reciprocal()
    gained = wanted.gather(1, unseen(scores, given).topk(k).indices) @ discounts
    best = wanted.topk(k).values @ discounts
    return gained / best.clamp(min=1e-12)
