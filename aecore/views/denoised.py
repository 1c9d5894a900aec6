"""Denoised: clean, noisy and rebuilt inputs, and what the rebuilding gained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from aecore import baselines, corruptions
from aecore.baselines.baseline import Denoiser
from aecore.datasets import Data
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.views.reconstructions import shown

# Training examples that a baseline is fitted to at each level of noise.
FITTED = 5000
# Held-out examples behind each point of a curve.
AVERAGED = 64
# No noise at all has an infinite ratio; this is what the eye takes for it.
CLEAN = 60.0


class Denoised(NamedTuple):
    """Pictures in rows, the same samples in each column.

    Attributes
    ----------
    names : tuple of str
        ``"clean"``, ``"noisy"``, ``"rebuilt"``, then the baselines.
    pictures : ndarray
        Shape ``(rows, n, height, width)``, from 0 for black to 1 for white.
    psnr : ndarray
        Shape ``(rows, n)``, in decibels; NaN in the row of the clean ones.
    ssim : ndarray
        Shape ``(rows, n)``, at most 1; NaN in the row of the clean ones.
    """

    names: tuple[str, ...]
    pictures: np.ndarray
    psnr: np.ndarray
    ssim: np.ndarray


def spoilt(x: Tensor, corruption: str, level: float) -> Tensor:
    """Return inputs after corruption, the same at every call."""
    return corruptions.TABLE[corruption](x, level, Generator().manual_seed(0))


@torch.inference_mode()
def denoised(
    model: Autoencoder,
    data: Data,
    x: Tensor,
    corruption: str,
    level: float,
    denoisers: Mapping[str, Denoiser] = MappingProxyType({}),
) -> Denoised:
    """Return clean inputs, noisy ones, and what the model and baselines make of these.

    Parameters
    ----------
    model : Autoencoder
    data : Data
        What the inputs are of.
    x : Tensor
        Shape ``(n, height, width)`` or ``(n, colours, height, width)``.
    corruption : str
        A name of ``corruptions.TABLE``.
    level : float
        Of the noise here, which need not be that of training.
    denoisers : mapping of str to Denoiser
        Fitted ones by name, as :func:`denoiser` gives them.
    """
    noisy = spoilt(x, corruption, level)
    rows = {"clean": x, "noisy": noisy, "rebuilt": model(noisy)}
    rows |= {name: fitted.denoise(noisy) for name, fitted in denoisers.items()}
    span = _span(data, x)
    found = [(psnr(row, x, span), ssim(row, x, span)) for row in list(rows.values())[1:]]
    none = np.full((1, len(x)), np.nan)
    return Denoised(
        tuple(rows),
        shown(torch.stack(list(rows.values())).numpy(), data.value_range),
        np.concatenate([none, [ratio for ratio, _ in found]]),
        np.concatenate([none, [likeness for _, likeness in found]]),
    )


@torch.inference_mode()
def psnr_curve(model: Autoencoder | None, data: Data, corruption: str, levels: Sequence[float]) -> np.ndarray:
    """Return the mean PSNR over held-out inputs at each level of noise, shape ``(levels,)``.

    Parameters
    ----------
    model : Autoencoder or None
        Without one, that of doing nothing.
    data : Data
    corruption : str
    levels : sequence of float
    """
    return _curve(model or (lambda noisy: noisy), data, corruption, levels)


def baseline_curve(name: str, data: Data, corruption: str, levels: Sequence[float]) -> np.ndarray:
    """Return the same of a baseline, fitted anew at each level; that may take seconds."""
    fitted = iter([denoiser(name, data, corruption, level) for level in levels])
    return _curve(lambda noisy: next(fitted).denoise(noisy), data, corruption, levels)


def _curve(answer: Callable[[Tensor], Tensor], data: Data, corruption: str, levels: Sequence[float]) -> np.ndarray:
    x = data.load("test").inputs[:AVERAGED]
    span = _span(data, x)
    return np.array([psnr(answer(spoilt(x, corruption, level)), x, span).mean() for level in levels])


def _span(data: Data, x: Tensor) -> float:
    """Return the distance from black to white."""
    return 1.0 if data.value_range == "unit" else 6 * float(x.std())


def denoiser(name: str, data: Data, corruption: str, level: float) -> Denoiser:
    """Return a baseline of ``baselines.DENOISERS`` fitted to training data with noise of this level; takes a second."""
    clean = data.load("train").inputs[:FITTED]
    return baselines.DENOISERS[name].fit(Samples(spoilt(clean, corruption, level), clean))


def psnr(x_hat: Tensor, x: Tensor, span: float = 1.0) -> np.ndarray:
    """Return each sample's peak signal-to-noise ratio in decibels, ``(n,)``.

    Parameters
    ----------
    x_hat, x : Tensor
        Shape ``(n, *shape)``.
    span : float
        The distance from black to white.
    """
    lost = (x_hat - x).square().flatten(1).mean(1)
    return (10 * torch.log10(span**2 / lost.clamp(min=1e-12))).clamp(max=CLEAN).numpy()


def ssim(x_hat: Tensor, x: Tensor, span: float = 1.0) -> np.ndarray:
    """Return each picture's structural similarity, ``(n,)``; NaN where no side has room for a window.

    References
    ----------
    Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, Image quality assessment: from error visibility to
    structural similarity, IEEE TIP 13 (2004) 600-612.
    """
    from skimage.metrics import structural_similarity

    if min(x.shape[1:]) < 3:
        return np.full(len(x), np.nan)
    window = min(7, *(side - (side + 1) % 2 for side in x.shape[-2:]))
    look = {"win_size": window, "data_range": span, "channel_axis": 0 if x.ndim == 4 else None}
    pairs = zip(x_hat.numpy(), x.numpy(), strict=True)
    return np.array([structural_similarity(one, other, **look) for one, other in pairs])
