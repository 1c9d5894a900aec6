"""Traversals: what a decoder draws while one latent moves and the others stay."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore import terms
from aecore.networks import GaussianAutoencoder

# The prior's range ends this many standard deviations from 0: 99 % of it lie within.
REACH = 2.5


class Traversals(NamedTuple):
    """Pictures in rows, a row a latent, the one with the largest divergence first.

    Attributes
    ----------
    pictures : ndarray
        Shape ``(n_latent, n, *shape)``.
    latents : ndarray of int
        Shape ``(n_latent,)``: which latent moves in each row.
    kl : ndarray
        Shape ``(n_latent,)``: its divergence from the prior, in nats, mean over the inputs.
    values : ndarray
        Shape ``(n_latent, n)``: what it is set to.
    """

    pictures: np.ndarray
    latents: np.ndarray
    kl: np.ndarray
    values: np.ndarray


@torch.inference_mode()
def traversals(
    model: GaussianAutoencoder,
    x: Tensor,
    *,
    start: Tensor | None = None,
    over: Literal["prior", "posterior"] = "prior",
    count: int = 9,
) -> Traversals:
    """Move each latent over its range, from one input's code or from the origin.

    Parameters
    ----------
    model : GaussianAutoencoder
    x : Tensor
        Inputs that tell the divergences and the posterior's range, shape ``(m, *shape)``.
    start : Tensor, optional
        The input whose code the traversals start from, shape ``(*shape)``; by default the origin.
    over : {"prior", "posterior"}
        From -2.5 to 2.5, where 99 % of the prior lie; or where the posterior means of the inputs lie.
    count : int
        Pictures in a row.
    """
    mean, log_variance = model.posterior(x)
    kl = terms.kl_per_latent(mean, log_variance)
    latents = kl.argsort(descending=True, stable=True)
    ends = (mean.amin(0), mean.amax(0)) if over == "posterior" else (-REACH * torch.ones_like(kl), REACH)
    shares = torch.linspace(0, 1, count)
    values = torch.lerp(ends[0][:, None], torch.as_tensor(ends[1]).expand_as(kl)[:, None], shares)[latents]
    z = torch.zeros_like(mean[:1]) if start is None else model.encode(start[None])
    moved = z.expand(len(latents), count, -1).scatter(2, latents[:, None, None].expand(-1, count, 1), values[..., None])
    pictures = model.decode(moved.flatten(0, 1)).unflatten(0, moved.shape[:2])
    return Traversals(pictures.numpy(), latents.numpy(), kl[latents].numpy(), values.numpy())
