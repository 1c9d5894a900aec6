"""Moons: points along two half circles that reach into each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aecore.datasets.mixture import Mixture


@dataclass(frozen=True)
class Moons(Mixture):
    """Points along two half circles, each reaching into the other."""

    name: ClassVar = "moons"

    def centres(self) -> np.ndarray:
        """Return 100 points of each half circle."""
        angle = np.linspace(0, np.pi, 100)
        arch = np.stack([np.cos(angle), np.sin(angle)], 1)
        return np.concatenate([arch - [0.5, 0.25], -arch + [0.5, 0.25]])
