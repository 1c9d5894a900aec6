"""Ring: points around the unit circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aecore.datasets.mixture import Mixture


@dataclass(frozen=True)
class Ring(Mixture):
    """Points around the unit circle.

    Examples
    --------
    >>> Ring().load("test").inputs.norm(dim=1).mean().round(decimals=1)
    tensor(1.)
    """

    name: ClassVar = "ring"

    def centres(self) -> np.ndarray:
        """Return 200 points of the circle."""
        angle = np.arange(200) * 2 * np.pi / 200
        return np.stack([np.cos(angle), np.sin(angle)], 1)
