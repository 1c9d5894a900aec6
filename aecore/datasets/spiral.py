"""Spiral: points along two turns of a spiral."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aecore.datasets.mixture import Mixture


@dataclass(frozen=True)
class Spiral(Mixture):
    """Points along two turns of Archimedes' spiral, 0.6 between the turns."""

    name: ClassVar = "spiral"

    def centres(self) -> np.ndarray:
        """Return 400 points of the spiral, evenly by its length."""
        angle = np.linspace(0.5 * np.pi, 4.5 * np.pi, 4000)
        radius = 0.6 * angle / (2 * np.pi)
        curve = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        length = np.concatenate([[0], np.linalg.norm(np.diff(curve, axis=0), axis=1).cumsum()])
        return curve[np.searchsorted(length, np.linspace(0, length[-1], 400))]
