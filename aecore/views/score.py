"""Score: which way a denoising autoencoder sends the points of the plane."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from aecore.datasets.mixture import Mixture
from aecore.networks import Autoencoder

_MARGIN = 0.3
_PIXELS = 80


class Field(NamedTuple):
    r"""Arrows over the plane.

    Attributes
    ----------
    low, high : ndarray
        Shape ``(2,)``: the corners of the part of the plane that is shown.
    places : ndarray
        Shape ``(n, 2)``: where the arrows begin.
    arrows : ndarray
        Shape ``(n, 2)``: :math:`(r(x) - x) / \sigma^2`.
    true : ndarray
        Shape ``(n, 2)``: the score :math:`\nabla \log p_\sigma(x)` of the density after noise.
    density : ndarray
        Shape ``(80, 80)``, rows upwards: that density without noise, 1 at most.
    cosine : float
        The mean cosine between arrows and score within one σ of the data.
    """

    low: np.ndarray
    high: np.ndarray
    places: np.ndarray
    arrows: np.ndarray
    true: np.ndarray
    density: np.ndarray
    cosine: float


def field(model: Autoencoder, data: Mixture, level: float, *, side: int = 23) -> Field:
    """Return what a model that was trained on noise of this level says of the score.

    Parameters
    ----------
    model : Autoencoder
        Of points of the plane.
    data : Mixture
    level : float
        Standard deviation σ of the noise that it was trained on.
    side : int
        Arrows in a row.

    References
    ----------
    G. Alain and Y. Bengio, What regularized auto-encoders learn from the data-generating distribution,
    JMLR 15 (2014) 3743-3773.
    """
    low, high, places, true, density = _scene(data, level, side)
    return Field(low, high, places, _arrows(model, places, level), true, density, cosine(model, data, level))


@lru_cache(maxsize=32)
def _scene(data: Mixture, level: float, side: int) -> tuple[np.ndarray, ...]:
    """Return what does not depend on the model: corners, places, true score and density."""
    centres = data.centres()
    low, high = centres.min(0) - _MARGIN, centres.max(0) + _MARGIN
    places = _grid(low, high, side)
    density = data.density(_grid(low, high, _PIXELS)).reshape(_PIXELS, _PIXELS)
    return low, high, places, data.score(places, level), density / density.max()


def cosine(model: Autoencoder, data: Mixture, level: float) -> float:
    """Return the mean cosine between a model's arrows and the true score within one σ of the data.

    It is taken at the held-out points, each moved by chance by at most σ in any direction.
    """
    points, true = _near(data, level)
    arrows = _arrows(model, points, level)
    lengths = np.linalg.norm(arrows, axis=1) * np.linalg.norm(true, axis=1)
    return float(np.mean((arrows * true).sum(1) / np.maximum(lengths, 1e-12)))


@lru_cache(maxsize=32)
def _near(data: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points within one σ of held-out ones, and the score there."""
    rng = np.random.default_rng(0)
    points = data.load("test").inputs.numpy()
    away = rng.normal(size=points.shape)
    away *= level * np.sqrt(rng.random((len(points), 1))) / np.linalg.norm(away, axis=1, keepdims=True)
    return points + away, data.score(points + away, level)


@torch.inference_mode()
def walk(model: Autoencoder, start: np.ndarray, *, steps: int = 40, stride: float = 0.3) -> np.ndarray:
    """Return the path of a point that follows the arrows, shape ``(steps + 1, 2)``.

    Parameters
    ----------
    model : Autoencoder
    start : ndarray
        Shape ``(2,)``.
    steps : int
    stride : float
        The part of the way to the reconstruction that each step goes.
    """
    path = [torch.as_tensor(start, dtype=torch.float32)]
    for _ in range(steps):
        path.append(path[-1] + stride * (model(path[-1][None])[0] - path[-1]))
    return torch.stack(path).numpy()


@torch.inference_mode()
def _arrows(model: Autoencoder, places: np.ndarray, level: float) -> np.ndarray:
    x = torch.as_tensor(places, dtype=torch.float32)
    return ((model(x) - x) / level**2).numpy()


def _grid(low: np.ndarray, high: np.ndarray, side: int) -> np.ndarray:
    """Return points in rows, upwards, shape ``(side², 2)``."""
    x, y = (np.linspace(low[i], high[i], side) for i in range(2))
    return np.stack(np.meshgrid(x, y), 2).reshape(-1, 2)
