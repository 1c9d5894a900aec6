"""Mixture: points of the plane along a curve, drawn from a density that is known."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aecore.datasets.data import Data, Split, ValueRange, from_values
from aecore.samples import Samples

_COUNT = {"train": 10_000, "test": 2_000}


@dataclass(frozen=True)
class Mixture(Data):
    """Equally many points around each of many centres along a curve, each a round Gaussian.

    So close are the centres that the density is a ridge along the curve; and being a mixture, its
    score is known wherever one stands, also after noise was added.
    """

    licence: ClassVar = "computed by the project"
    width: ClassVar[float] = 0.05
    """Standard deviation around the curve."""
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (128, 128),
        "latent": 32,
        "activation": "relu",
        "steps": 4000,
        "batch": 256,
        "rate": 1e-2,
        "level": 0.15,
    }
    shape = (2,)

    @property
    def value_range(self) -> ValueRange:
        """``"real"``."""
        return "real"

    @abstractmethod
    def centres(self) -> np.ndarray:
        """Return the centres, evenly along the curve, shape ``(m, 2)``."""

    def read(self, split: Split) -> Samples:
        """Draw one part."""
        rng = np.random.default_rng(split == "test")
        centres = self.centres()
        chosen = centres[rng.integers(len(centres), size=_COUNT[split])]
        return from_values(chosen + self.width * rng.normal(size=chosen.shape))

    def density(self, x: np.ndarray, noise: float = 0.0) -> np.ndarray:
        r"""Return :math:`p_\sigma(x)`, the density after Gaussian noise σ, at points ``(n, 2)``."""
        distances, spread = self._to_centres(x, noise)
        return np.exp(-distances / (2 * spread)).mean(1) / (2 * np.pi * spread)

    def score(self, x: np.ndarray, noise: float = 0.0) -> np.ndarray:
        r"""Return :math:`\nabla \log p_\sigma(x)` at points ``(n, 2)``, same shape.

        It is where the centres lie from here, each weighted by how likely the point is its own.
        """
        distances, spread = self._to_centres(x, noise)
        nearest = distances.min(1, keepdims=True)
        weights = np.exp((nearest - distances) / (2 * spread))
        weights /= weights.sum(1, keepdims=True)
        return (weights @ self.centres() - x) / spread

    def _to_centres(self, x: np.ndarray, noise: float) -> tuple[np.ndarray, float]:
        """Return squared distances ``(n, m)`` and the variance of each Gaussian."""
        gaps = x[:, None] - self.centres()[None]
        return np.square(gaps).sum(2), self.width**2 + noise**2
