"""Animations: rows of pictures that move, as the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

# Least side of a picture, and height of the words above it, in pixels.
_SIDE = 112
_HEAD = 22
_GAP = 8
# Thousandths of a second for which each picture stands.
_STANDS = 90


def animation(pictures: ArrayLike, *, names: Sequence[str], kind: Literal["GIF", "WEBP"] = "GIF") -> bytes:
    """Write rows of pictures as an animation: each row a tile that goes through its pictures and back, for ever.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, h, w)``, values in [0, 1]; others are clipped.
    names : sequence of str
        What stands above each tile.
    kind : {"GIF", "WEBP"}

    Returns
    -------
    bytes
    """
    tiles = np.clip(np.nan_to_num(np.asarray(pictures, float)), 0, 1)
    rows, n, h, w = tiles.shape
    times = -(-_SIDE // h)
    step = w * times + _GAP
    # The ends once, all between them on the way there and on the way back.
    order = [*range(n), *range(n - 2, 0, -1)]
    font = ImageFont.load_default(14)
    frames = []
    for at in order:
        frame = Image.new("L", (rows * step + _GAP, h * times + _HEAD + _GAP))
        words = ImageDraw.Draw(frame)
        for row in range(rows):
            tile = Image.fromarray(np.rint(tiles[row, at] * 255).astype(np.uint8))
            enlarged = tile.resize((w * times, h * times), Image.Resampling.NEAREST)
            frame.paste(enlarged, (_GAP + row * step, _HEAD))
            words.text((_GAP + row * step, 3), names[row], fill=190, font=font)
            words.rectangle(_edge(_GAP + row * step, w * times, h * times), outline=70)
        frames.append(frame)
    stream = io.BytesIO()
    look = {"duration": _STANDS, "loop": 0, **({"lossless": True} if kind == "WEBP" else {})}
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], **look)
    return stream.getvalue()


def _edge(x: int, width: int, height: int) -> tuple[int, int, int, int]:
    return x - 1, _HEAD - 1, x + width, _HEAD + height
