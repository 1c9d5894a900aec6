"""Restorations: whole photographs spoilt and restored, beside what is used for that today."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator

from aecore.datasets.photos import Photos, whole
from aecore.networks import Autoencoder
from aecore.tasks.noise_removal import noisy
from aecore.tasks.super_resolution import enlarged, small
from aecore.views.denoised import denoiser
from aecore.views.tiled import tiled

# Side of the crops that the Wiener filter is fitted to; its matrix has the fourth power of it.
FITTED = 16


class Likeness(NamedTuple):
    """How near a restored picture is to the true one.

    Attributes
    ----------
    psnr : float
        Peak signal-to-noise ratio in decibels, white being 1.
    ssim : float
        Structural similarity, at most 1.
    """

    psnr: float
    ssim: float


def likeness(picture: np.ndarray, true: np.ndarray) -> Likeness:
    """Return how near a picture is to the true one, both ``(height, width)`` with values in [0, 1].

    References
    ----------
    Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, Image quality assessment: from error visibility to
    structural similarity, IEEE TIP 13 (2004) 600-612.
    """
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    found, true = np.clip(picture, 0, 1).astype(float), np.asarray(true, float)
    if np.array_equal(found, true):
        return Likeness(np.inf, 1.0)
    return Likeness(
        float(peak_signal_noise_ratio(true, found, data_range=1)),
        float(structural_similarity(true, found, data_range=1)),
    )


def photo(name: str) -> np.ndarray:
    """Return a held-out photo of :data:`HELD_OUT` as grey values in [0, 1], ``(height, width)``."""
    return whole(name).astype(np.float32) / 255


def noisy_photo(picture: np.ndarray, noise: float) -> np.ndarray:
    """Return a picture with Gaussian noise of this strength in grey values of 255, the same at every call."""
    return noisy(torch.from_numpy(np.asarray(picture, np.float32)), noise, Generator().manual_seed(0)).numpy()


def denoised_otherwise(name: str, noise: float) -> dict[str, np.ndarray]:
    """Return what linear filtering and non-local means make of a held-out photo with noise; takes seconds."""
    spoilt = noisy_photo(photo(name), noise)
    data = Photos(size=FITTED)
    wiener, means = (denoiser(one, data, "gaussian", noise / 255) for one in ("wiener", "non_local_means"))
    return {
        "wiener": tiled(wiener.denoise, spoilt, (FITTED, FITTED)),
        "non_local_means": means.denoise(torch.from_numpy(spoilt)[None])[0].numpy(),
    }


def small_photo(picture: np.ndarray, factor: int) -> np.ndarray:
    """Return a picture ``(height, width)``, `factor` times smaller."""
    return small(torch.from_numpy(np.asarray(picture, np.float32))[None], factor)[0].numpy()


def enlarged_photo(picture: np.ndarray, size: tuple[int, int], how: str = "bicubic") -> np.ndarray:
    """Return a picture ``(height, width)`` at another size.

    Parameters
    ----------
    picture : ndarray
    size : tuple of int
        Height and width.
    how : {"bicubic", "lanczos", "nearest"}
    """
    if how == "bicubic":
        return enlarged(torch.from_numpy(np.asarray(picture, np.float32))[None], size)[0].numpy()
    from PIL import Image

    filters = {"lanczos": Image.Resampling.LANCZOS, "nearest": Image.Resampling.NEAREST}
    image = Image.fromarray(np.asarray(picture, np.float32))
    return np.clip(np.asarray(image.resize(size[::-1], filters[how])), 0, 1)


def reduced_colours(picture: np.ndarray, factor: int) -> np.ndarray:
    """Return a picture ``(height, width, 3)``, `factor` times smaller."""
    return np.stack([small_photo(picture[:, :, i], factor) for i in range(3)], axis=2)


def enlarged_colours(picture: np.ndarray, factor: int) -> np.ndarray:
    """Return a picture ``(height, width, 3)``, `factor` times larger by bicubic interpolation."""
    size = (factor * picture.shape[0], factor * picture.shape[1])
    return np.stack([enlarged_photo(picture[:, :, i], size) for i in range(3)], axis=2)


def restored_luminance(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` with its luminance restored by a model and its colours as they are."""
    from skimage.color import rgb2ycbcr, ycbcr2rgb

    found = rgb2ycbcr(picture)
    # Y of BT.601 goes from 16 to 235; the model knows grey values from 0 to 1.
    found[:, :, 0] = 16 + 219 * restored(model, (found[:, :, 0] - 16) / 219)
    return np.clip(ycbcr2rgb(found), 0, 1).astype(np.float32)


def restored(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return what a model of pictures makes of one of any size, ``(height, width)`` or with colours, within [0, 1]."""
    return np.clip(tiled(model, picture, model.shape[-2:]), 0, 1)


def restored_eight_ways(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return what a model makes of a picture of any size, asked in :func:`eight_ways`."""
    return eight_ways(partial(restored, model), picture)


def eight_ways(
    ask: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, *, sides: tuple[int, int] = (0, 1)
) -> np.ndarray:
    """Return the mean of the answers to a picture turned and mirrored in all eight ways, each turned back.

    What a network errs in one of them it mostly does not in another; it takes eight times as long.

    Parameters
    ----------
    ask : callable
        Gives an answer of the shape of what it is given.
    picture : ndarray
        One or several.
    sides : tuple of int
        The axes that are its height and width.

    References
    ----------
    B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, Enhanced deep residual networks for single image super-resolution, CVPR
    Workshops 2017: the geometric self-ensemble.
    """
    found = []
    for quarters in range(4):
        for side in (1, -1):
            mirrored = picture if side == 1 else np.flip(picture, sides[1])
            answer = np.rot90(ask(np.ascontiguousarray(np.rot90(mirrored, quarters, sides))), -quarters, sides)
            found.append(answer if side == 1 else np.flip(answer, sides[1]))
    return np.mean(found, axis=0)
