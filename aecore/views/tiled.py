"""Tiled: what is made of small pictures, made of one of any size without seams."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

# Share of a tile's side that it has in common with the next.
SHARED = 0.25
CHUNK = 16


@torch.inference_mode()
def tiled(answer: Callable[[Tensor], Tensor], picture: np.ndarray, tile: tuple[int, ...]) -> np.ndarray:
    """Return what a model or a filter makes of a picture, tile by overlapping tile.

    Each tile counts little near its edge, where too little was seen around it, and fully in its middle, so
    that one tile passes into the next.

    Parameters
    ----------
    answer : callable
        Takes pictures ``(n, *tile)`` and gives as many of the same shape; such as an autoencoder.
    picture : ndarray
        Shape ``(height, width)`` or ``(height, width, 3)``, of any size from one pixel on; colours one by one.
    tile : tuple of int
        Height and width of a tile.

    Returns
    -------
    ndarray
        Of the picture's shape, float32.
    """
    if picture.ndim == 3:
        return np.stack([tiled(answer, picture[:, :, i], tile) for i in range(picture.shape[2])], axis=2)
    padded = _at_least(np.asarray(picture, np.float32), tile)
    rows, columns = (_starts(whole, side) for whole, side in zip(padded.shape, tile, strict=True))
    places = [(row, column) for row in rows for column in columns]
    weight = np.outer(*(_window(side) for side in tile)).astype(np.float32)
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    for first in range(0, len(places), CHUNK):
        some = places[first : first + CHUNK]
        cut = np.stack([padded[row : row + tile[0], column : column + tile[1]] for row, column in some])
        for (row, column), found in zip(some, answer(torch.from_numpy(cut)).numpy(), strict=True):
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
