"""Digits: the small handwritten digits that scikit-learn carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aecore.datasets.data import Data, Split, from_pixels
from aecore.samples import Samples

_EVERY = 5


@dataclass(frozen=True)
class Digits(Data):
    """Handwritten digits at 8 × 8: of each class every fifth is held out, 355 of 1,797.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, https://doi.org/10.24432/C50P49.

    Examples
    --------
    >>> Digits().load("test").inputs.shape
    torch.Size([355, 8, 8])
    """

    name: ClassVar = "digits"
    licence: ClassVar = "CC BY 4.0"
    defaults: ClassVar = {"net": "mlp", "hidden": (128, 64), "latent": 8, "steps": 4000, "batch": 64, "rate": 3e-3}
    shape = (8, 8)
    classes = 10

    def read(self, split: Split) -> Samples:
        """Take one part out of scikit-learn's digits."""
        from sklearn.datasets import load_digits  # over a second: only who wants digits pays it

        digits = load_digits()
        held_out = np.zeros(len(digits.target), dtype=bool)
        for label in range(self.classes):
            held_out[np.flatnonzero(digits.target == label)[_EVERY - 1 :: _EVERY]] = True
        rows = held_out if split == "test" else ~held_out
        return from_pixels(digits.images[rows], digits.target[rows], white=16)
