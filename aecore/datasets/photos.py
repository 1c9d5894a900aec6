"""Photos: crops of twelve photographs to train on, crops of other photographs held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from PIL import Image

from aecore.datasets import files
from aecore.datasets.data import Data, Split, from_pixels
from aecore.datasets.patches import PHOTOS
from aecore.knobs import knob
from aecore.samples import Samples

# Come with scikit-image; no crop of theirs is ever trained on.
HELD_OUT = ("chelsea", "coffee", "motorcycle")
# Sizes at which the photos are cut: what is coarse in one is fine in the next.
SCALES = (1.0, 0.75, 0.5)
_FLAT = 3


@dataclass(frozen=True)
class Photos(Data):
    """Grey crops: 18,000 of twelve photographs to train on, 600 of three other photographs held out.

    The training photographs are cut at their own size, at three quarters and at half of it, the others at their
    own. Nearly flat crops, whose grey values deviate by less than 3 of 255, are left out.

    Parameters
    ----------
    size : int
        Height and width of a crop.

    Examples
    --------
    >>> Photos(size=24).load("test").inputs.shape
    torch.Size([600, 24, 24])
    """

    name: ClassVar = "photos"
    licence: ClassVar = "CC BY 2.0 (china, flower); CC0 or public domain (the others); held out: scikit-image's"
    defaults: ClassVar = {
        "net": "maps",
        "hidden": (512,),
        "latent": 128,
        "steps": 5000,
        "batch": 32,
        "rate": 2e-3,
    }

    count: ClassVar[Mapping[Split, int]] = {"train": 500, "test": 200}
    """Crops of each photograph at each of its sizes."""

    size: int = knob(36, 12, 72)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a crop."""
        return self.size, self.size

    def read(self, split: Split) -> Samples:
        """Cut one part out of the photos."""
        rng = np.random.default_rng([self.size, split == "test"])
        if split == "test":
            crops = [_cut(whole(name), self.size, self.count[split], rng) for name in HELD_OUT]
        else:
            grey = [files.grey(f"photos/{name}.png") for name in PHOTOS]
            crops = [_cut(scaled(one, scale), self.size, self.count[split], rng) for one in grey for scale in SCALES]
        return from_pixels(rng.permutation(np.concatenate(crops)))


@cache
def whole(name: str) -> np.ndarray:
    """Return a held-out photo as grey values, uint8 of shape ``(height, width)``; its sides are multiples of twelve."""
    from skimage import data

    pixels = data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
    grey = np.array(Image.fromarray(pixels).convert("L"))
    height, width = (side - side % 12 for side in grey.shape)
    return grey[:height, :width]


def scaled(grey: np.ndarray, scale: float) -> np.ndarray:
    """Return a photo ``(height, width)`` with sides that are so many times as long, bicubic."""
    if scale == 1:
        return grey
    height, width = grey.shape
    return np.array(
        Image.fromarray(grey).resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    )


def _cut(grey: np.ndarray, size: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return crops ``(count, size, size)`` at random places that are not flat, with returning."""
    windows = np.lib.stride_tricks.sliding_window_view(grey, (size, size))
    drawn = windows[rng.integers(len(windows), size=4 * count), rng.integers(windows.shape[1], size=4 * count)]
    lively = drawn[drawn.std(axis=(1, 2), dtype=np.float32) >= _FLAT]
    return lively[np.arange(count) % len(lively)]
