"""Reconstructions: inputs beside what comes back."""

from __future__ import annotations

import math
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


class Standing(NamedTuple):
    """One input through a model, and how it stands among others.

    Attributes
    ----------
    pictures : ndarray
        Shape ``(3, height, width)``, from 0 for black to 1 for white: the input, its code, what came back. The code's
        units lie line by line in a square, as bright as each is active; grey is 0 where a unit may be negative.
    error : float
        Squared error summed over features.
    below : float
        The share of the others whose error is smaller, in [0, 1].
    """

    pictures: np.ndarray
    error: float
    below: float


@torch.inference_mode()
def standing(model: Autoencoder, x: ArrayLike, errors: ArrayLike) -> Standing:
    """Return what becomes of one input with values in [0, 1].

    Parameters
    ----------
    model : Autoencoder
    x : array_like
        Shape ``(height, width)``.
    errors : array_like
        Shape ``(n,)``: those of the others.
    """
    inputs = torch.as_tensor(np.asarray(x, np.float32))[None]
    code = model.encode(inputs)
    rebuilt = model.decode(code)
    error = float((rebuilt - inputs).square().sum())
    tile = _laid(code[0].numpy(), inputs.shape[1])
    pictures = np.stack([inputs[0].numpy(), tile, rebuilt[0].numpy().clip(0, 1)])
    return Standing(pictures, error, float((np.asarray(errors) < error).mean()))


def _laid(code: np.ndarray, side: int) -> np.ndarray:
    """Lay a code out line by line in a square of ``side`` pixels a side."""
    across = math.ceil(math.sqrt(len(code)))
    most = max(float(np.abs(code).max()), 1e-12)
    values = 0.5 + code / (2 * most) if code.min() < 0 else code / most
    square = np.pad(values, (0, across**2 - len(code)), constant_values=np.nan).reshape(across, across)
    at = np.arange(side) * across // side
    return np.nan_to_num(square[np.ix_(at, at)])


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
