"""Patches: small squares cut out of photographs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from PIL import Image

from aecore.datasets import files
from aecore.datasets.data import Data, Split, ValueRange, from_pixels
from aecore.knobs import knob, switch
from aecore.samples import Samples

PHOTOS = (
    "astronaut",
    "brick",
    "camera",
    "china",
    "coins",
    "flower",
    "grass",
    "gravel",
    "hubble_deep_field",
    "moon",
    "retina",
    "rocket",
)
_COUNT = {"train": 1667, "test": 167}
_FLAT = 5
_DRAWS = 32
_SOFT = 3e-3
# Photo pixels that become one where a photo is shown whole, along each side.
_COARSE = 2


@dataclass(frozen=True)
class Patches(Data):
    """Grey patches of twelve photographs: 20,004 to train on and 2,004 held out.

    The held-out ones lie within two upright strips of each photo, a quarter of its width from either side and
    a sixteenth wide, that no other patch touches. Flat patches, whose grey values deviate by less than 5 of
    255, are left out.

    Parameters
    ----------
    size : int
        Height and width of a patch.
    whiten : bool
        Whether the pixels are decorrelated by ZCA, fitted on the training patches and scaled so that
        their variance is one on average. Otherwise they are grey values in [0, 1].

    References
    ----------
    B. A. Olshausen, D. J. Field, "Emergence of simple-cell receptive field properties by learning a
    sparse code for natural images", Nature 381, 1996.

    A. J. Bell, T. J. Sejnowski, "The 'independent components' of natural scenes are edge filters",
    Vision Research 37(23), 1997: ZCA.

    Examples
    --------
    >>> Patches(size=8).load("test").inputs.shape
    torch.Size([2004, 8, 8])
    """

    name: ClassVar = "patches"
    licence: ClassVar = "CC BY 2.0 (china, flower); CC0 or public domain (the others)"
    defaults: ClassVar = {"net": "mlp", "hidden": (), "latent": 64, "steps": 6000, "batch": 128, "rate": 3e-3}

    size: int = knob(12, 8, 16)
    whiten: bool = switch(False)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a patch."""
        return self.size, self.size

    @property
    def value_range(self) -> ValueRange:
        """``"real"`` if whitened."""
        return "real" if self.whiten else "unit"

    @property
    def factors(self) -> tuple[str, ...]:
        """Where a patch was: the index of its photo in ``PHOTOS``, and its upper left pixel."""
        return "photo", "row", "column"

    def read(self, split: Split) -> Samples:
        """Cut one part out of the photos."""
        patches, places = _cut(self.size, split)
        samples = from_pixels(patches, factors=places)
        if not self.whiten:
            return samples
        mean, matrix = _whitening(self.size)
        white = ((samples.inputs.flatten(1) - mean) @ matrix).view(-1, *self.shape)
        return samples._replace(inputs=white, targets=white)

    def surroundings(self, places: torch.Tensor) -> np.ndarray:
        """Return where patches were: what lies around each, three times its side, with a frame around the patch.

        Parameters
        ----------
        places : Tensor
            Rows of ``Samples.factors``, shape ``(n, 3)``.

        Returns
        -------
        ndarray
            Shape ``(n, 3 * size, 3 * size)``, grey values in [0, 1]; black beyond the photo's edge.
        """
        found = []
        for photo, row, column in places.tolist():
            whole = np.pad(files.grey(f"photos/{PHOTOS[photo]}.png"), self.size)
            around = whole[row : row + 3 * self.size, column : column + 3 * self.size] / 255
            before, after = self.size - 1, 2 * self.size
            around[[before, after], before : after + 1] = 1
            around[before : after + 1, [before, after]] = 1
            found.append(around)
        return np.stack(found)

    def whole(self, place: torch.Tensor) -> np.ndarray:
        """Return the photo that a patch was cut from, at half its size, with a frame where the patch was.

        Parameters
        ----------
        place : Tensor
            A row of ``Samples.factors``.

        Returns
        -------
        ndarray
            Shape ``(height, width)`` of half the photo, grey values in [0, 1]; the frame is white within black.
        """
        photo, row, column = place.tolist()
        image = Image.fromarray(files.grey(f"photos/{PHOTOS[photo]}.png"))
        edge = 3  # around the photo, so that the frame of a patch at its end may leave it
        shown = np.pad(np.array(image.reduce(_COARSE), float) / 255, edge)
        for inset, shade in ((0, 0.0), (1, 1.0)):
            top, left = row // _COARSE + inset, column // _COARSE + inset
            bottom, right = ((first + self.size - 1) // _COARSE + 2 * edge - inset for first in (row, column))
            shown[[top, bottom], left : right + 1] = shade
            shown[top : bottom + 1, [left, right]] = shade
        return shown[edge:-edge, edge:-edge]


def _cut(size: int, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Return patches and their places, shapes ``(n, size, size)`` and ``(n, 3)``, photos mixed."""
    rng = np.random.default_rng([size, split == "test"])
    patches, places = [], []
    for index, photo in enumerate(PHOTOS):
        windows = np.lib.stride_tricks.sliding_window_view(files.grey(f"photos/{photo}.png"), (size, size))
        columns = _columns(windows.shape[1], size, split)
        row, column = np.divmod(rng.permutation(len(windows) * len(columns))[: _DRAWS * _COUNT[split]], len(columns))
        drawn = windows[row, columns[column]]
        kept = np.flatnonzero(drawn.std(axis=(1, 2), dtype=np.float32) >= _FLAT)[: _COUNT[split]]
        patches.append(drawn[kept])
        places.append(np.stack([np.full(len(kept), index), row[kept], columns[column[kept]]], axis=1))
    order = rng.permutation(sum(map(len, patches)))
    return np.concatenate(patches)[order], np.concatenate(places)[order]


def _columns(n_columns: int, size: int, split: Split) -> np.ndarray:
    """Return the columns where a patch of this split may begin."""
    width = n_columns + size - 1
    first = np.arange(n_columns)
    strips = [(width * left // 32, width * (left + 2) // 32) for left in (7, 23)]
    if split == "test":
        return first[np.any([(first >= left) & (first + size <= right) for left, right in strips], axis=0)]
    return first[np.all([(first + size <= left) | (first >= right) for left, right in strips], axis=0)]


@lru_cache
def _whitening(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit ZCA: the mean patch, shape ``(size²,)``, and the matrix that whitens, ``(size², size²)``."""
    patches = torch.from_numpy(_cut(size, "train")[0]).flatten(1).double().div_(255)
    mean = patches.mean(dim=0)
    variances, directions = torch.linalg.eigh(torch.cov(patches.T))
    gains = (variances + _SOFT).rsqrt()  # softened: else the finest pattern, mostly noise, counts like the rest
    gains *= (len(gains) / (variances * gains**2).sum()).sqrt()
    return mean.float(), (directions * gains @ directions.T).float()
