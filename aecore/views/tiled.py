"""Tiled: a model of small pictures, applied to one of any size without seams."""

from __future__ import annotations

import numpy as np
import torch

from aecore.networks import Autoencoder

# Share of a tile's side that it has in common with the next.
SHARED = 0.25
CHUNK = 16


@torch.inference_mode()
def tiled(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return what a model makes of a picture, tile by overlapping tile.

    Each tile counts little near its edge, where the model saw too little around it, and fully in its middle, so
    that one tile passes into the next.

    Parameters
    ----------
    model : Autoencoder
        For pictures ``(height, width)`` of the tiles' size.
    picture : ndarray
        Shape ``(height, width)``, of any size from one pixel on.

    Returns
    -------
    ndarray
        Of the picture's shape, float32.
    """
    tile = model.shape[-2:]
    padded = _at_least(np.asarray(picture, np.float32), tile)
    rows, columns = (_starts(whole, side) for whole, side in zip(padded.shape, tile, strict=True))
    places = [(row, column) for row in rows for column in columns]
    weight = np.outer(*(_window(side) for side in tile)).astype(np.float32)
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    for first in range(0, len(places), CHUNK):
        some = places[first : first + CHUNK]
        cut = np.stack([padded[row : row + tile[0], column : column + tile[1]] for row, column in some])
        for (row, column), found in zip(some, model(torch.from_numpy(cut)).numpy(), strict=True):
            total[row : row + tile[0], column : column + tile[1]] += weight * found
            weights[row : row + tile[0], column : column + tile[1]] += weight
    height, width = picture.shape
    return (total / weights)[:height, :width]


def _at_least(picture: np.ndarray, tile: tuple[int, ...]) -> np.ndarray:
    lacking = [(0, max(side - whole, 0)) for whole, side in zip(picture.shape, tile, strict=True)]
    return np.pad(picture, lacking, mode="edge")


def _starts(whole: int, side: int) -> list[int]:
    """Return where tiles begin along one side, evenly spaced, the last one at the very end."""
    count = 1 + max(0, -(-(whole - side) // max(1, round(side * (1 - SHARED)))))
    return [round(start) for start in np.linspace(0, whole - side, count)]


def _window(side: int) -> np.ndarray:
    """Return weights that rise from the edge to the middle; none is 0: at a picture's edge no other tile helps."""
    return np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2 + 1e-4
