"""Decoders: layer by layer, for whoever decodes elsewhere; and which latents are worth looking at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from aecore import terms
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.networks.net import ACTIVATIONS

Kind: TypeAlias = Literal["linear", "conv_transpose", "silu", "relu", "tanh", "sigmoid"]

# How many standard deviations of the prior are worth seeing.
PRIOR = 3.0
# The share of the codes that an axis leaves out at either end, and its margin in shares of what it shows.
TAIL = 0.005
MARGIN = 0.08


class Layer(NamedTuple):
    """One step of a decoder.

    Attributes
    ----------
    kind : {"linear", "conv_transpose", "silu", "relu", "tanh", "sigmoid"}
    sizes : dict of str to int
        Of a ``linear`` layer ``into`` and ``out``; of a ``conv_transpose`` the maps ``into`` and ``out``, the
        ``height`` and ``width`` of a map before it, those after it (``tall``, ``wide``), and its square
        ``kernel``, ``stride`` and ``padding``. Empty for an activation, which works element by element.
    arrays : tuple of ndarray
        Weight and bias, float32: ``(out, into)`` and ``(out,)``; of a ``conv_transpose``
        ``(into, out, kernel, kernel)`` and ``(out,)``. Empty for an activation.
    """

    kind: Kind
    sizes: dict[str, int]
    arrays: tuple[np.ndarray, ...]


@torch.inference_mode()
def layers(model: Autoencoder) -> list[Layer] | None:
    """Take a decoder apart.

    Applied in turn to a flat code, and followed by ``model.link``, the layers give what ``model.decode`` gives,
    with maps one after the other, row by row.

    Returns
    -------
    list of Layer or None
        ``None`` if a step, or the link, is of a kind that is not known here.
    """
    if model.link == "softmax":
        return None
    kinds = {module: kind for kind, module in ACTIVATIONS.items()}
    found: list[Layer] = []
    z = torch.zeros(1, model.n_latent)
    for module in model.decoder:
        before, z = z, module(z)
        if isinstance(module, nn.Linear):
            sizes = {"into": module.in_features, "out": module.out_features}
            found.append(Layer("linear", sizes, _arrays(module)))
        elif isinstance(module, nn.ConvTranspose2d) and _is_plain(module):
            (height, width), (tall, wide) = before.shape[-2:], z.shape[-2:]
            sizes = {"into": module.in_channels, "out": module.out_channels, "height": height, "width": width}
            sizes |= {"tall": tall, "wide": wide, "kernel": module.kernel_size[0]}
            sizes |= {"stride": module.stride[0], "padding": int(module.padding[0])}
            found.append(Layer("conv_transpose", sizes, _arrays(module)))
        elif type(module) in kinds:
            found.append(Layer(kinds[type(module)], {}, ()))  # type: ignore[arg-type]
        elif not isinstance(module, nn.Flatten | nn.Unflatten | nn.Identity):
            return None
    return found


def _arrays(module: nn.Linear | nn.ConvTranspose2d) -> tuple[np.ndarray, ...]:
    bias = torch.zeros(module.weight.shape[0]) if module.bias is None else module.bias
    return module.weight.numpy(), bias.numpy()


def _is_plain(module: nn.ConvTranspose2d) -> bool:
    square = all(len(set(pair)) == 1 for pair in (module.kernel_size, module.stride, module.padding))
    return square and module.groups == 1 and module.dilation == (1, 1) and module.bias is not None


@torch.inference_mode()
def usage(model: Autoencoder, x: Tensor) -> np.ndarray:
    """Return how much every latent carries of inputs ``(n, *shape)``, shape ``(n_latent,)``.

    Of a Gaussian code it is the KL divergence from the prior in nats, else the variance of the code.
    """
    if isinstance(model, GaussianAutoencoder):
        return terms.kl_per_latent(*model.posterior(x)).numpy()
    return model.encode(x).var(0, correction=0).numpy()


def leading(usage: np.ndarray, count: int = 2, held: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the latents that carry most, the first the most.

    Parameters
    ----------
    usage : ndarray
        Shape ``(n_latent,)``.
    count : int
        More than there are gives all.
    held : tuple of int
        Latents that are shown already: they stay while none of the others carries twice as much as one of
        them, so that a picture of a model in training does not change its axes all the time.

    Examples
    --------
    >>> leading(np.array([0.1, 2.0, 0.0, 1.1]))
    (1, 3)
    >>> leading(np.array([0.1, 2.0, 0.0, 1.1]), held=(3, 1))
    (3, 1)
    """
    order = tuple(int(i) for i in np.argsort(-usage, kind="stable"))
    if len(held) == min(count, len(order)) and max(held, default=0) < len(order):
        others = [usage[i] for i in order if i not in held]
        if 2 * min(usage[i] for i in held) >= max(others, default=0.0):
            return held
    return order[:count]


def middle(model: Autoencoder, codes: np.ndarray) -> np.ndarray:
    """Return the code to begin at, ``(n_latent,)``.

    Of a Gaussian code it is 0, the mean of the prior, else the median of the codes ``(n, n_latent)``, maybe far from 0.
    """
    return np.zeros(model.n_latent) if isinstance(model, GaussianAutoencoder) else np.median(codes, axis=0)


def spans(model: Autoencoder, codes: np.ndarray, held: Sequence[float] | None = None) -> np.ndarray:
    """Return the range of every latent that is worth seeing, ``(n_latent, 2)``.

    Of a Gaussian code it is the prior's from -3 to 3 standard deviations, else where the codes ``(n, n_latent)`` lie;
    in either case wide enough for a code that is held.
    """
    if isinstance(model, GaussianAutoencoder):
        reach = max(PRIOR, (1 + MARGIN) * max(map(abs, held or [0.0])))
        return np.tile([-reach, reach], (model.n_latent, 1))
    low, high = np.quantile(codes, [TAIL, 1 - TAIL], axis=0)
    if held is not None:
        low, high = np.minimum(low, held), np.maximum(high, held)
    margin = MARGIN * (high - low)
    still = high - low < 1e-6
    return np.stack([np.where(still, low - 1, low - margin), np.where(still, high + 1, high + margin)], 1)


def near(codes: np.ndarray, z: np.ndarray, count: int = 10) -> np.ndarray:
    """Return the rows ``(count,)`` of the codes ``(n, n_latent)`` that lie nearest to a place, the nearest first.

    Examples
    --------
    >>> near(np.array([[0.0], [2.0], [5.0]]), np.array([1.5]), count=2)
    array([1, 0])
    """
    return np.argsort(np.linalg.norm(codes - z, axis=1), kind="stable")[:count]


@torch.inference_mode()
def decoded(model: Autoencoder, z: np.ndarray) -> np.ndarray:
    """Return what the decoder makes of codes ``(n, n_latent)``, ``(n, *shape)``."""
    return model.decode(torch.from_numpy(np.asarray(z, np.float32))).numpy()
