"""Sprites: white shapes on black, drawn from factors that are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw

from aecore.datasets.data import Data, Split, from_pixels
from aecore.knobs import switch
from aecore.samples import Samples

SHAPES = ("square", "ellipse", "heart")
_SCALES = tuple(0.5 + 0.1 * k for k in range(6))
_ORIENTATIONS = tuple(math.radians(90 / 20 * k) for k in range(20))
_PLACES = 16
_SIDE = 32
_STAMP = _SIDE - _PLACES + 1
_FINE = 16
_KEPT = 23_040
_HELD_OUT = 0.1


@dataclass(frozen=True)
class Sprites(Data):
    """Squares, ellipses and hearts of 6 sizes in 16 × 16 places, at 32 × 32; their shape is the label.

    All 4,608 of them upright; of the 92,160 turned to 20 angles a fixed random quarter, as all would
    take 377 MB. One in ten, at random, is held out. The angles lie within a quarter turn,
    so that no two of a square look alike: each picture has one set of factors only.

    Parameters
    ----------
    rotation : bool
        Whether the sprites are also turned.

    References
    ----------
    After L. Matthey, I. Higgins, D. Hassabis, A. Lerchner, "dSprites: Disentanglement testing Sprites
    dataset", https://github.com/google-deepmind/dsprites-dataset, 2017.

    Examples
    --------
    >>> Sprites().factors
    ('shape', 'scale', 'x', 'y')
    >>> Sprites(rotation=True).sizes
    (3, 6, 20, 16, 16)
    """

    name: ClassVar = "sprites"
    licence: ClassVar = "none needed"
    defaults: ClassVar = {"net": "mlp", "hidden": (400, 200), "latent": 6, "steps": 2000, "batch": 128, "rate": 3e-3}
    shape = (_SIDE, _SIDE)
    classes = len(SHAPES)

    rotation: bool = switch(False)

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return ("shape", "scale", "orientation", "x", "y") if self.rotation else ("shape", "scale", "x", "y")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each factor."""
        upright = (len(SHAPES), len(_SCALES), _PLACES, _PLACES)
        return (*upright[:2], len(_ORIENTATIONS), *upright[2:]) if self.rotation else upright

    def render(self, factors: np.ndarray) -> np.ndarray:
        """Draw sprites.

        Parameters
        ----------
        factors : ndarray
            Index of each factor's value, shape ``(n, n_factors)``.

        Returns
        -------
        ndarray
            uint8 of shape ``(n, 32, 32)``.

        Examples
        --------
        >>> [sprite] = Sprites().render(np.array([[0, 0, 2, 7]]))
        >>> sprite[15, 6:15]
        array([  0,  96, 255, 255, 255, 255, 255,  96,   0], dtype=uint8)
        """
        shape, scale, *orientation, x, y = np.asarray(factors).T
        pictures = np.zeros((len(shape), *self.shape), np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(pictures, (_STAMP, _STAMP), (1, 2), writeable=True)
        windows[np.arange(len(shape)), y, x] = _stamps()[shape, scale, orientation[0] if orientation else 0]
        return pictures

    def read(self, split: Split) -> Samples:
        """Draw one part."""
        order = np.random.default_rng(0).permutation(math.prod(self.sizes))[:_KEPT]
        n_test = int(len(order) * _HELD_OUT)
        rows = order[:n_test] if split == "test" else order[n_test:]
        factors = np.stack(np.unravel_index(rows, self.sizes), axis=1)
        return from_pixels(self.render(factors), factors[:, 0], factors)


@lru_cache
def _stamps() -> np.ndarray:
    """Draw every shape at every scale and angle; a sprite is one of them, put down at a whole pixel."""
    stamps = np.empty((len(SHAPES), len(_SCALES), len(_ORIENTATIONS), _STAMP, _STAMP), np.uint8)
    for shape, scale, orientation in np.ndindex(stamps.shape[:3]):
        stamps[shape, scale, orientation] = _stamp(SHAPES[shape], _SCALES[scale], _ORIENTATIONS[orientation])
    return stamps


def _stamp(shape: str, scale: float, angle: float) -> np.ndarray:
    radius = scale * _FINE * (_STAMP - 1) / 2
    points = _outline(shape) * radius * np.exp(1j * angle) + _FINE * _STAMP / 2 * (1 + 1j)
    # Pillow counts pixels by their corners and fills up to and with the last one, hence the half
    corners = [(round(point.real - 0.5), round(point.imag - 0.5)) for point in points]
    canvas = Image.new("L", (_FINE * _STAMP, _FINE * _STAMP))
    ImageDraw.Draw(canvas).polygon(corners, fill=255)
    return np.asarray(canvas.reduce(_FINE))


def _outline(shape: str) -> np.ndarray:
    """Return points x + iy around a shape that just fits into the unit circle, y pointing down."""
    t = np.linspace(0, 2 * np.pi, 4 if shape == "square" else 128, endpoint=False)
    if shape == "square":
        return np.exp(1j * (t + np.pi / 4))
    if shape == "ellipse":
        return np.cos(t) / 2 + 1j * np.sin(t)
    heart = 16 * np.sin(t) ** 3 - 1j * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return heart / np.abs(heart).max()
