"""Segmentations: masks by a model, by Otsu's threshold and by k-means, and how far they overlap with the true ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.networks import Autoencoder
from aecore.tasks.segmentation import overlap
from aecore.views.restorations import eight_ways, restored, restored_eight_ways

# The tint of what is marked: amber, which no grey photograph has.
TINT = np.array([1.0, 0.62, 0.0], np.float32)
# Pictures to look at, whose true masks nobody knows, and their longer sides.
PICTURES = {"coins": 384, "cell": 256}


class Segmented(NamedTuple):
    """Pictures in rows, the same samples in each column.

    Attributes
    ----------
    names : tuple of str
        ``"picture"``, ``"true"``, ``"rebuilt"``, ``"eight_ways"`` if asked for, ``"otsu"``, ``"k_means"``.
    pictures : ndarray
        Shape ``(rows, n, height, width)``: grey values, then masks; the model's is a probability.
    iou : ndarray
        Shape ``(rows, n)``, intersection over union with the true mask; NaN in the first two rows.
    """

    names: tuple[str, ...]
    pictures: np.ndarray
    iou: np.ndarray


@torch.inference_mode()
def segmented(model: Autoencoder, x: Tensor, masks: Tensor, *, eight: bool = False) -> Segmented:
    """Return what a model, a threshold and clustering make of pictures ``(n, height, width)`` with known masks.

    The model may also be asked in :func:`~aecore.views.restorations.eight_ways`.
    """
    answers = {"rebuilt": model(x)}
    if eight:
        asked = eight_ways(lambda turned: model(torch.from_numpy(turned)).numpy(), x.numpy(), sides=(1, 2))
        answers["eight_ways"] = torch.from_numpy(asked)
    answers |= {
        "otsu": torch.from_numpy(np.stack([otsu(one) for one in x.numpy()])).float(),
        "k_means": torch.from_numpy(np.stack([k_means(one) for one in x.numpy()])).float(),
    }
    none = np.full((2, len(x)), np.nan)
    found = [overlap(answer >= 0.5, masks >= 0.5).numpy() for answer in answers.values()]
    pictures = np.stack([x.numpy(), masks.numpy(), *(answer.numpy() for answer in answers.values())])
    return Segmented(("picture", "true", *answers), pictures, np.concatenate([none, found]))


def otsu(picture: np.ndarray) -> np.ndarray:
    """Return the smaller of the two parts into which Otsu's threshold cuts a picture ``(height, width)``.

    References
    ----------
    N. Otsu, A threshold selection method from gray-level histograms, IEEE Transactions on Systems, Man, and
    Cybernetics 9 (1979) 62-66.
    """
    from skimage.filters import threshold_otsu

    return _smaller(picture > threshold_otsu(picture))


def k_means(picture: np.ndarray) -> np.ndarray:
    """Return the smaller of two clusters of pixels by their grey value and that of their surroundings."""
    from scipy.ndimage import gaussian_filter
    from sklearn.cluster import KMeans

    features = np.stack([picture, gaussian_filter(picture, 2)], axis=2).reshape(-1, 2)
    return _smaller(KMeans(2, n_init=1, random_state=0).fit_predict(features).reshape(picture.shape) == 1)


def _smaller(mask: np.ndarray) -> np.ndarray:
    return mask if mask.mean() <= 0.5 else ~mask


def picture_to_segment(name: str) -> np.ndarray:
    """Return a picture of scikit-image, coins or a cell, as grey values in [0, 1]."""
    from PIL import Image
    from skimage import data

    image = Image.fromarray(getattr(data, name)()).convert("L")
    image.thumbnail((PICTURES[name], PICTURES[name]), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / 255


def overlaid(picture: np.ndarray, mask: np.ndarray, opacity: float) -> np.ndarray:
    """Return a picture ``(height, width)`` or with colours, tinted as far as a mask says, ``(height, width, 3)``."""
    colours = np.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture
    weight = opacity * mask[:, :, None]
    return (1 - weight) * colours + weight * TINT


def mask_of(model: Autoencoder, picture: np.ndarray, *, eight: bool = False) -> np.ndarray:
    """Return the probability of each pixel of a picture of any size to belong to an object, by its luminance.

    The model may be asked in :func:`~aecore.views.restorations.eight_ways`, which takes eight times as long.
    """
    grey = picture if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114], np.float32)
    return (restored_eight_ways if eight else restored)(model, grey)
