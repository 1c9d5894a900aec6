"""Tiles: larger crops of the photos, a whole number of JPEG's squares each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aecore.datasets.photos import Photos
from aecore.knobs import knob


@dataclass(frozen=True)
class Tiles(Photos):
    """Grey crops of the same photographs as :class:`Photos`, larger and fewer: 7,200 to train on, 300 held out.

    Parameters
    ----------
    size : int
        Height and width of a tile.

    Examples
    --------
    >>> Tiles(size=32).load("test").inputs.shape
    torch.Size([300, 32, 32])
    """

    name: ClassVar = "tiles"
    defaults: ClassVar = {
        "net": "lapped",
        "hidden": (512,),
        "latent": 128,
        "steps": 12_000,
        "batch": 8,
        "rate": 7e-4,
        "price": 4e-3,
    }
    count: ClassVar = {"train": 200, "test": 100}

    size: int = knob(64, 16, 96, step=8)
