"""Anomalies: how odd a model finds inputs, where they are odd, and how well that tells them from what is normal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.baselines import Pca
from aecore.methods import Method
from aecore.methods.vae import Vae
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.samples import Samples
from aecore.views.likelihood import bounds
from aecore.views.restorations import restored
from aecore.views.segmentations import TINT

# What was expected and is lacking; what is there unexpectedly has the colour of everything that is marked.
LACKING = np.array([0.15, 0.55, 1.0], np.float32)
# Nearest training codes whose distances are averaged.
NEAREST = 5
# How much the density of the code counts beside the angle: the best of a few on a part of MNIST's training digits.
DENSITY = 0.5
# Added to the variances of codes, as a share of their mean, so that a unit that never changes counts for little.
RIDGE = 1e-3
# How far a picture is made soft before angles are taken, as a share of its side: one pixel of MNIST.
SOFT = 1 / 28
# Draws of the code behind a bound.
DRAWS = 4
# Directions of PCA and trees of the forest: the best of several on a part of MNIST's training digits.
DIRECTIONS, TREES = 24, 200
# Of what is written on a picture, at least: the share of its strongest difference from the edge.
INK = 0.2
# The longer side of what is written in a picture of a data set, in pixels; others fill their frame.
WRITTEN = {"mnist": 20}
# Data whose model looks at a larger picture patch by patch.
WHOLE = ("patches",)
# Height of a small picture once it is enlarged, about, in pixels.
LARGE = 280
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class _Linear(NamedTuple):
    """PCA with so many directions as one asks an autoencoder."""

    pca: Pca

    def encode(self, x: Tensor) -> Tensor:
        return self.pca.encode(x, DIRECTIONS)

    def __call__(self, x: Tensor) -> Tensor:
        return self.pca.reconstruct(x, DIRECTIONS)


class Norm:
    """What a model holds for normal: it is asked how odd others are.

    Parameters
    ----------
    model : Autoencoder
    normal : Tensor
        Training inputs, ``(m, *shape)``.
    """

    def __init__(self, model: Autoencoder | _Linear, normal: Tensor) -> None:
        from sklearn.neighbors import NearestNeighbors

        self.model = model
        codes, turned, _ = self._seen(normal)
        spread = np.atleast_2d(np.cov(codes.T))
        spread += RIDGE * max(float(np.trace(spread)) / len(spread), 1e-9) * np.eye(len(spread))
        self.whitening = np.linalg.cholesky(np.linalg.inv(spread))
        self.near = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute").fit(codes @ self.whitening)
        distances = self.near.kneighbors()[0].mean(1)  # each without itself
        self.usual = [(float(logs.mean()), float(logs.std())) for logs in map(_log, (turned, distances))]

    def oddness(self, x: Tensor, method: Method | None = None) -> dict[str, np.ndarray]:
        r"""Return how odd inputs ``(n, *shape)`` are, by every measure that there is; more is odder.

        Parameters
        ----------
        x : Tensor
        method : Method, optional
            That trained the model; of a variational one there is a likelihood.

        Returns
        -------
        dict of ndarray
            Each of shape ``(n,)``.

            ``both``
                The logarithms of the next two, each in standard deviations from its mean over normal inputs, the
                density counting half.
            ``angle``
                :math:`1 - x \cdot \hat x / (\|x\| \|\hat x\|)` of pictures made soft, so that neither how much there
                is to lose nor a stroke that lies a pixel beside makes much of a difference.
            ``density``
                The mean distance of the code to the nearest training codes, which grows as their density falls; in
                axes in which the training codes have the covariance I.
            ``error``
                :math:`\|x - \hat x\|^2`.
            ``bound``
                The upper bound of -log p(x), in nats.

        References
        ----------
        J. An and S. Cho, Variational autoencoder based anomaly detection using reconstruction probability, SNU Data
        Mining Center, 2015-2 Special Lecture on IE.
        B. Zong et al., Deep autoencoding Gaussian mixture model for unsupervised anomaly detection, ICLR 2018: the
        angle, and the density of codes beside it.
        """
        codes, angle, error = self._seen(x)
        density = self.near.kneighbors(codes @ self.whitening)[0].mean(1)
        away = [
            (_log(found) - mean) / max(deviation, 1e-9)
            for found, (mean, deviation) in zip((angle, density), self.usual, strict=True)
        ]
        found = {"both": away[0] + DENSITY * away[1], "angle": angle, "density": density, "error": error}
        if isinstance(method, Vae) and isinstance(self.model, GaussianAutoencoder):
            found["bound"] = bounds(self.model, method, x, DRAWS)
        return found

    @torch.inference_mode()
    def _seen(self, x: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the codes of inputs, and the angle and the error of what is rebuilt of each."""
        x_hat = self.model(x)
        error = (x_hat - x).square().flatten(1).sum(1)
        return self.model.encode(x).numpy(), _angle(x.numpy(), x_hat.numpy()), error.numpy()


def _angle(x: np.ndarray, x_hat: np.ndarray) -> np.ndarray:
    """Return 1 less the cosine between softened pictures ``(n, height, width)``, ``(n,)``."""
    from scipy.ndimage import gaussian_filter

    reach = (0, *(SOFT * side for side in x.shape[1:]))
    one, other = (gaussian_filter(pictures, reach).reshape(len(x), -1) for pictures in (x, x_hat))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return 1 - (one * other).sum(1) / np.maximum(lengths, 1e-12)


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(values, 1e-9))


def oddness_otherwise(normal: Tensor, x: Tensor) -> dict[str, np.ndarray]:
    """Return how odd others find inputs ``(n, *shape)``, fitted to normal ones; takes seconds.

    Returns
    -------
    dict of ndarray
        Each of shape ``(n,)``. ``pca``: what is lost off the leading directions. ``pca_both``: angle and density
        of its codes together, as :meth:`Norm.oddness` has them. ``isolation_forest``: the fewer random cuts it takes
        to be alone, the odder.

    References
    ----------
    F. T. Liu, K. M. Ting, Z.-H. Zhou, Isolation forest, ICDM 2008, 413-422.
    """
    from sklearn.ensemble import IsolationForest

    linear = Norm(_Linear(Pca.fit(Samples(normal, normal))), normal).oddness(x)
    forest = IsolationForest(n_estimators=TREES, random_state=0).fit(normal.flatten(1).numpy())
    return {
        "pca": linear["error"],
        "pca_both": linear["both"],
        "isolation_forest": -forest.score_samples(x.flatten(1).numpy()),
    }


class Told(NamedTuple):
    """What a threshold tells apart.

    Attributes
    ----------
    threshold : float
        What is above it is called odd.
    found, alarms : float
        The shares of odd and of normal samples that are called odd, in [0, 1].
    """

    threshold: float
    found: float
    alarms: float


def split_by(scores: np.ndarray, odd: np.ndarray, allowed: float) -> Told:
    """Return what a threshold tells apart that a share of normal samples may pass.

    Every other normal sample sets it; the others, on which it was not set, say how many false alarms it gives.
    """
    normal = scores[~odd]
    threshold = float(np.quantile(normal[::2], 1 - allowed))
    return Told(threshold, float((scores[odd] > threshold).mean()), float((normal[1::2] > threshold).mean()))


def roc(scores: np.ndarray, odd: np.ndarray, alarms: np.ndarray) -> np.ndarray:
    """Return the share of odd samples that is found where a share of false alarms is put up with."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(odd, scores)
    return np.interp(alarms, false, true)


def spread(scores: np.ndarray, odd: np.ndarray, *, bins: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the middles of bins, and the percentage of the normal and of the odd samples in each."""
    edges = np.linspace(scores.min(), np.quantile(scores, 0.995), bins + 1)
    normal, strange = (100 * np.histogram(part, edges)[0] / max(len(part), 1) for part in (scores[~odd], scores[odd]))
    return (edges[:-1] + edges[1:]) / 2, normal, strange


def misplaced(scores: np.ndarray, odd: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the oddest normal samples and of the most normal odd ones."""
    rows, odd_rows = np.flatnonzero(~odd), np.flatnonzero(odd)
    return rows[np.argsort(-scores[rows])[:count]], odd_rows[np.argsort(scores[odd_rows])[:count]]


@torch.inference_mode()
def explained(model: Autoencoder, x: Tensor) -> np.ndarray:
    """Return pictures ``(n, height, width)``, what is rebuilt of them, and :func:`where` they are odd."""
    x_hat = model(x).numpy()
    grey = [np.repeat(one[..., None], 3, axis=-1) for one in (x.numpy(), x_hat)]
    return np.stack([*grey, where(x.numpy(), x_hat)])


def where(x: np.ndarray, x_hat: np.ndarray) -> np.ndarray:
    """Return pictures, dimmed, with what is unexpected in one colour and what is lacking in another, ``(…, 3)``."""
    much, little = np.clip(x - x_hat, 0, 1)[..., None], np.clip(x_hat - x, 0, 1)[..., None]
    return 0.35 * (1 - much - little) * x[..., None] + much * TINT + little * LACKING


def explained_picture(model: Autoencoder, picture: np.ndarray, data: str) -> dict[str, np.ndarray]:
    """Return a picture ``(height, width, 3)`` as a model sees it, :func:`where` it is odd, and what is rebuilt of it.

    Photographs go through the model patch by patch; anything else is brought into its frame and shown enlarged.
    """
    if data in WHOLE:
        grey = picture @ LUMINANCE
        found = np.stack([grey, restored(model, grey)])
        pictures = [*np.repeat(found[..., None], 3, axis=-1), where(*found)]
    else:
        times = max(1, round(LARGE / model.shape[0]))
        pictures = [
            np.kron(one, np.ones((times, times, 1)))
            for one in explained(model, framed(picture, data, model.shape))[:, 0]
        ]
    return dict(zip(("picture", "rebuilt", "where"), pictures, strict=True))


def framed(picture: np.ndarray, data: str, shape: tuple[int, ...]) -> Tensor:
    """Return a picture ``(height, width, 3)`` as a data set would have it, ``(1, *shape)``.

    What differs from the edge is bright on black, as large as in the data, and its centre of mass in the middle.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition,
    Proceedings of the IEEE 86 (1998) 2278-2324: how MNIST was made.
    """
    from PIL import Image

    grey = picture @ LUMINANCE
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    away = np.abs(grey - np.median(edge))
    away /= max(float(away.max()), 1e-6)
    frame = np.zeros(shape, np.float32)
    rows, columns = (np.flatnonzero((away > INK).any(axis)) for axis in (1, 0))
    if not len(rows):
        return torch.from_numpy(frame[None])
    cut = away[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = WRITTEN.get(data, min(shape)) / max(cut.shape)
    height, width = (max(1, round(scale * side)) for side in cut.shape)
    small = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BOX), np.float32)
    small = small / max(float(small.max()), 1e-6)
    masses = [np.average(np.arange(side), weights=small.sum(1 - axis)) for axis, side in enumerate(small.shape)]
    top, left = (
        int(np.clip(round((whole - 1) / 2 - mass), 0, whole - side))
        for whole, side, mass in zip(shape, small.shape, masses, strict=True)
    )
    frame[top : top + height, left : left + width] = small
    return torch.from_numpy(frame[None])
