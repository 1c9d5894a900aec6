"""Reconstructions: inputs beside what comes back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from aecore.baselines import Pca
from aecore.datasets.data import ValueRange
from aecore.networks import Autoencoder


class Rows(NamedTuple):
    """Pictures in rows, the same samples in each column.

    Attributes
    ----------
    pictures : ndarray
        Shape ``(rows, n, height, width)``, from 0 for black to 1 for white.
    errors : ndarray
        Shape ``(rows, n)``: squared error summed over features; NaN in the row of the originals.
    """

    pictures: np.ndarray
    errors: np.ndarray


@torch.inference_mode()
def beside_pca(model: Autoencoder, x: Tensor, pca: Pca | None, value_range: ValueRange = "unit") -> Rows:
    """Return originals, the autoencoder's reconstructions and PCA's at the same code size.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Shape ``(n, height, width)``.
    pca : Pca or None
        Without it there are only two rows.
    value_range : {"unit", "real"}
        As :func:`shown` takes it.
    """
    rows = [x, model(x)] + ([pca.reconstruct(x, model.n_latent)] if pca else [])
    pictures = torch.stack(rows)
    errors = (pictures - x).square().flatten(2).sum(2)
    errors[0] = torch.nan
    return Rows(shown(pictures.numpy(), value_range), errors.numpy())


def shown(pictures: ArrayLike, value_range: ValueRange = "unit") -> np.ndarray:
    """Return rows of pictures with values from 0 for black to 1 for white.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, height, width)``.
    value_range : {"unit", "real"}
        Real values are shown from three standard deviations of the first row below 0 to three above.
    """
    values = np.asarray(pictures)
    scale, shift = contrast(values[0], value_range)
    return (values * scale + shift).clip(0, 1)


def contrast(pictures: ArrayLike, value_range: ValueRange = "unit") -> tuple[float, float]:
    """Return scale and shift that bring values to what :func:`shown` shows of them, before it clips.

    Parameters
    ----------
    pictures : array_like
        Of the data, of any shape; real values are scaled by their standard deviation.
    value_range : {"unit", "real"}
    """
    if value_range == "unit":
        return 1.0, 0.0
    return 1 / (6 * max(float(np.asarray(pictures).std()), 1e-6)), 0.5
