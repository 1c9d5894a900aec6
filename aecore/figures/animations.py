"""Animations: rows of pictures that move, as the bytes of a file."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

# Least side of a picture, size of the words above it and distance of their lines, in pixels.
_SIDE = 112
_SIZE = 13
_LINE = 18
_GAP = 8
# Pillow's own font has neither small digits nor a minus sign.
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MINUS = str.maketrans("−", "-")
# Thousandths of a second for which each picture stands.
_STANDS = 90


def animation(pictures: ArrayLike, *, names: Sequence[str], kind: Literal["GIF", "WEBP"] = "GIF") -> bytes:
    """Write rows of pictures as an animation: each row a tile that goes through its pictures and back, for ever.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, h, w)``, values in [0, 1]; others are clipped.
    names : sequence of str
        What stands above each tile, in one line or several.
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
    head = 4 + _LINE * max(name.count("\n") + 1 for name in names)
    frames = []
    for at in order:
        frame = Image.new("L", (rows * step + _GAP, h * times + head + _GAP))
        words = ImageDraw.Draw(frame)
        for row in range(rows):
            tile = Image.fromarray(np.rint(tiles[row, at] * 255).astype(np.uint8))
            enlarged = tile.resize((w * times, h * times), Image.Resampling.NEAREST)
            left = _GAP + row * step
            frame.paste(enlarged, (left, head))
            words.rectangle((left - 1, head - 1, left + w * times, head + h * times), outline=70)
            for line, text in enumerate(names[row].split("\n")):
                _write(words, left, 3 + line * _LINE, text)
        frames.append(frame)
    stream = io.BytesIO()
    look = {"duration": _STANDS, "loop": 0, **({"lossless": True} if kind == "WEBP" else {})}
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], **look)
    return stream.getvalue()


def _write(words: ImageDraw.ImageDraw, x: float, y: float, text: str) -> None:
    """Write a line, its lowered digits as small ones."""
    for part in re.findall("[₀-₉]+|[^₀-₉]+", text.translate(_MINUS)):
        small = part[0] in "₀₁₂₃₄₅₆₇₈₉"
        font = ImageFont.load_default(_SIZE - 3 if small else _SIZE)
        words.text((x, y + 5 * small), part.translate(_DIGITS), fill=200, font=font)
        x += words.textlength(part.translate(_DIGITS), font=font)
