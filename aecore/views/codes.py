"""Codes: where inputs lie in the latent space, and that space seen in the plane."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.networks import Autoencoder


class Plane(NamedTuple):
    """Codes seen in two dimensions.

    Attributes
    ----------
    points : ndarray
        Shape ``(n, 2)``.
    shares : tuple of float
        The share of the codes' variance along each axis, in [0, 1].
    projected : bool
        Whether the axes are principal directions; if not, they are the code's own.
    """

    points: np.ndarray
    shares: tuple[float, float]
    projected: bool


@torch.inference_mode()
def codes(model: Autoencoder, x: Tensor) -> np.ndarray:
    """Return the codes ``(n, n_latent)`` of inputs ``(n, *shape)``."""
    return model.encode(x).numpy()


def plane(codes: np.ndarray) -> Plane:
    """See codes in the plane: as they are up to size 2, else along their first two principal directions.

    Each principal direction points to the side of its largest weight, so that the picture does not
    flip from one snapshot to the next.

    Parameters
    ----------
    codes : ndarray
        Shape ``(n, d)``; of a code of size 1 the second coordinate is 0.
    """
    centred = codes - codes.mean(0)
    spread = centred.var(0)
    if codes.shape[1] <= 2:
        points = np.pad(codes, ((0, 0), (0, 2 - codes.shape[1])))
        return Plane(points, _shares(np.pad(spread, (0, 2 - len(spread))), spread.sum()), projected=False)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    leading = directions[:, ::-1][:, :2]
    leading = leading * np.sign(leading[np.abs(leading).argmax(0), [0, 1]])
    return Plane(centred @ leading, _shares(variances[::-1][:2], variances.sum()), projected=True)


def _shares(variances: np.ndarray, total: float) -> tuple[float, float]:
    first, second = variances / max(float(total), np.finfo(float).tiny)
    return float(first), float(second)
