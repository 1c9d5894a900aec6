"""Compositions: digits and shapes painted over photographs, with the exact mask of what was painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw

from aecore.datasets import files
from aecore.datasets.data import Data, Split
from aecore.datasets.patches import PHOTOS
from aecore.datasets.photos import HELD_OUT, SCALES, scaled, whole
from aecore.samples import Samples

SIDE = 48
_COUNT = {"train": 12000, "test": 500}
# Of one object, in pixels; of the difference to what lies under it, in grey values from 0 to 1.
_SMALLEST, _LARGEST = 22, 40
_CONTRAST = 0.25
# The paint varies from one side to the other and from pixel to pixel.
_SLOPE, _GRAIN = 0.1, 0.02
_FINE = 4  # subpixels along a pixel's side


@dataclass(frozen=True)
class Compositions(Data):
    """Grey pictures of 48x48 pixels with one or two objects: 12,000 to train on, 500 held out.

    An object is an MNIST digit, an ellipse, a turned rectangle, a triangle or a star, in a shade that differs
    from the mean of what lies under it by at least a quarter of the way from black to white. Held-out pictures
    take their photographs from those that :class:`Photos` holds out and their digits from MNIST's test part. Those
    to train on take theirs at several sizes, mirrored or turned upside down at random: few photographs have to
    stand for many.

    Examples
    --------
    >>> samples = Compositions().load("test")
    >>> samples.inputs.shape, sorted(samples.targets.unique().tolist())
    (torch.Size([500, 48, 48]), [0.0, 1.0])
    """

    name: ClassVar = "compositions"
    licence: ClassVar = "as photos and mnist"
    masked: ClassVar = True
    defaults: ClassVar = {
        "net": "unet",
        "channels": 48,
        "hidden": (512,),
        "latent": 128,
        "steps": 8000,
        "batch": 32,
        "rate": 2e-3,
    }

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture."""
        return SIDE, SIDE

    def read(self, split: Split) -> Samples:
        """Compose one part anew."""
        rng = np.random.default_rng([48, split == "test"])
        scenes = [whole(name) for name in HELD_OUT] if split == "test" else _scenes()
        digits = files.arrays("mnist.npz", f"x_{split}")[0]
        made = [_composed(scenes, digits, rng) for _ in range(_COUNT[split])]
        inputs, masks = (torch.from_numpy(np.stack(column)) for column in zip(*made, strict=True))
        return Samples(inputs, masks)


def _scenes() -> list[np.ndarray]:
    """Return the photographs to train on, at each size, as they are, mirrored, upside down and both."""
    grey = [files.grey(f"photos/{name}.png") for name in PHOTOS]
    sized = [scaled(one, scale) for one in grey for scale in SCALES]
    return [one[::down, ::along] for one in sized for down in (1, -1) for along in (1, -1)]


def _composed(scenes: list[np.ndarray], digits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture and its mask, float32 of shape ``(48, 48)``."""
    scene = scenes[rng.integers(len(scenes))]
    row, column = (rng.integers(side - SIDE + 1) for side in scene.shape)
    picture = scene[row : row + SIDE, column : column + SIDE].astype(np.float32) / 255
    mask = np.zeros((SIDE, SIDE), bool)
    for _ in range(rng.integers(1, 3)):
        side = int(rng.integers(_SMALLEST, _LARGEST + 1))
        shape = _digit(digits, side, rng) if rng.random() < 0.5 else _figure(side, rng)
        top, left = rng.integers(SIDE - side + 1, size=2)
        placed = np.zeros_like(mask)
        placed[top : top + side, left : left + side] = shape
        if placed.any():
            picture = np.where(placed, _paint(float(picture[placed].mean()), rng), picture)
            mask |= placed
    return picture.astype(np.float32), mask.astype(np.float32)


def _digit(digits: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    digit = Image.fromarray(digits[rng.integers(len(digits))])
    return np.asarray(digit.resize((side, side), Image.Resampling.BICUBIC)) > 127


def _figure(side: int, rng: np.random.Generator) -> np.ndarray:
    """Return an ellipse, a rectangle, a triangle or a star, turned at random."""
    corners = int(rng.choice([0, 3, 4, 10]))
    canvas = Image.new("L", (side * _FINE, side * _FINE))
    middle, turn = side * _FINE / 2, rng.uniform(0, 2 * np.pi)
    angles = turn + 2 * np.pi * np.arange(corners or 48) / (corners or 48)
    reach = np.where(np.arange(len(angles)) % 2, 0.45, 1.0) if corners == 10 else np.ones(len(angles))
    x, y = reach * np.cos(angles), reach * np.sin(angles)
    if not corners:
        y *= rng.uniform(0.5, 1)
    points = np.stack([middle + 0.97 * middle * x, middle + 0.97 * middle * y], axis=1)
    ImageDraw.Draw(canvas).polygon([tuple(point) for point in points.tolist()], fill=255)
    return np.asarray(canvas.reduce(_FINE)) > 127


def _paint(under: float, rng: np.random.Generator) -> np.ndarray:
    """Return a shade that is told from what lies under it, sloping and grained, shape ``(48, 48)``."""
    shades = rng.uniform(0, 1, size=16)
    shade = shades[np.abs(shades - under) >= _CONTRAST][:1]
    level = float(shade[0]) if len(shade) else (0.0 if under > 0.5 else 1.0)
    direction = rng.uniform(0, 2 * np.pi)
    across = (np.arange(SIDE) / SIDE - 0.5)[:, None] * np.sin(direction)
    along = (np.arange(SIDE) / SIDE - 0.5)[None] * np.cos(direction)
    return np.clip(level + _SLOPE * (across + along) + _GRAIN * rng.normal(size=(SIDE, SIDE)), 0, 1)
