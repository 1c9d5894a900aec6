"""Animations: pictures that move, as the bytes of a file."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageColor, ImageDraw, ImageFont

from aecore.figures.grids import colours_last
from aecore.figures.theme import LABELS, PALETTES

Kind: TypeAlias = Literal["GIF", "WEBP"]

FONT = Path(__file__).parents[2] / "assets" / "style" / "fonts" / "ibm-plex-sans-latin-wght-normal.woff2"
# Least side of a picture, size of the words above it and distance of their lines, in pixels.
_SIDE = 112
_SMALL = 56  # where there are many
_MANY = 8
_SIZE = 13
_LINE = 18
_GAP = 8
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
# Thousandths of a second for which each picture stands.
_STANDS = 90
_WORDS, _EDGE = (200,) * 3, (70,) * 3
# An animation that is longer than this, in bytes, loses every second picture until it is not.
MOST = 2_000_000
# Side of a picture of points, and the radius of one, in pixels.
_PLANE, _DOT = 360, 3


def animation(pictures: ArrayLike, *, names: Sequence[str], kind: Kind = "GIF") -> bytes:
    """Write rows of pictures as an animation: each row a tile that goes through its pictures and back, for ever.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, h, w)``, ``(rows, n, h, w, 3)`` or ``(rows, n, 3, h, w)``, values in [0, 1]; others are
        clipped.
    names : sequence of str
        What stands above each tile, in one line or several.
    kind : {"GIF", "WEBP"}

    Returns
    -------
    bytes
    """
    tiles = colours_last(pictures, grey=4)
    n = tiles.shape[1]
    # The ends once, all between them on the way there and on the way back.
    order = [*range(n), *range(n - 2, 0, -1)]
    return moving(tiles.swapaxes(0, 1)[order], names=names, columns=len(tiles), kind=kind)


def moving(
    pictures: ArrayLike,
    *,
    names: Sequence[str],
    columns: int,
    captions: Sequence[str] | None = None,
    stands: Sequence[int] | None = None,
    kind: Kind = "GIF",
) -> bytes:
    """Write pictures side by side that change together, for ever.

    Parameters
    ----------
    pictures : array_like
        Shape ``(frames, n, h, w)``, ``(frames, n, h, w, 3)`` or ``(frames, n, 3, h, w)``, values in [0, 1]; others
        are clipped.
    names : sequence of str
        What stands above each picture, in one line or several; an empty one leaves its room to that before it.
    columns : int
        Pictures in a line.
    captions : sequence of str, optional
        What stands above all of them in each frame.
    stands : sequence of int, optional
        How long each frame stands, in thousandths of a second.
    kind : {"GIF", "WEBP"}

    Returns
    -------
    bytes
        At most 2 MB, with fewer frames if need be, the last in any case.
    """
    tiles = np.clip(np.nan_to_num(colours_last(pictures, grey=4)), 0, 1)
    is_grey = tiles.ndim == 4
    if is_grey:
        tiles = np.repeat(tiles[..., None], 3, axis=4)
    n, h, w = tiles.shape[1:4]
    times = -(-(_SIDE if columns < _MANY else _SMALL) // h)
    lines = -(-n // columns)
    head = 4 + _LINE * max(name.count("\n") + 1 for name in names)
    top = _LINE + 6 if captions else 0
    tall, wide = h * times + head + _GAP, w * times + _GAP
    if all(names):
        said = [line for name in names for line in name.split("\n")]
        wide = max(wide, _GAP + max(math.ceil(_font(_SIZE).getlength(line)) for line in said))
    frames = []
    for number, row in enumerate(tiles):
        frame = Image.new("RGB", (columns * wide + _GAP, lines * tall + top))
        words = ImageDraw.Draw(frame)
        if captions:
            _write(words, _GAP, 6, captions[number])
        for place, picture in enumerate(row):
            left, upper = _GAP + place % columns * wide, top + place // columns * tall
            tile = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
            frame.paste(tile.resize((w * times, h * times), Image.Resampling.NEAREST), (left, upper + head))
            words.rectangle((left - 1, upper + head - 1, left + w * times, upper + head + h * times), outline=_EDGE)
            for line, text in enumerate(names[place].split("\n")):
                _write(words, left, upper + 3 + line * _LINE, text)
        frames.append(frame.convert("L") if is_grey else frame)
    return _written(frames, stands or [_STANDS] * len(frames), kind)


def scattering(
    points: ArrayLike,
    labels: ArrayLike | None,
    *,
    captions: Sequence[str],
    stands: Sequence[int],
    kind: Kind = "GIF",
) -> bytes:
    """Write points in the plane that move, coloured by label, for ever.

    Parameters
    ----------
    points : array_like
        Shape ``(frames, n, 2)``; each frame has a scale of its own.
    labels : array_like or None
        Shape ``(n,)``.
    captions : sequence of str
        What stands above the points in each frame.
    stands : sequence of int
        How long each frame stands, in thousandths of a second.
    kind : {"GIF", "WEBP"}

    Returns
    -------
    bytes
        At most 2 MB.
    """
    places = np.nan_to_num(np.asarray(points, float))
    classes = np.zeros(places.shape[1], int) if labels is None else np.asarray(labels, int)
    inks = [ImageColor.getrgb(colour) for colour in LABELS["dark"]]
    top = _LINE + 6
    frames = []
    for number, frame_points in enumerate(places):
        frame = Image.new("RGB", (_PLANE, _PLANE + top), PALETTES["dark"]["background"])
        words = ImageDraw.Draw(frame)
        _write(words, _GAP, 6, captions[number])
        low, high = frame_points.min(0), frame_points.max(0)
        shares = (frame_points - low) / np.maximum(high - low, 1e-9)
        for (x, y), label in zip(shares, classes, strict=True):
            across, down = _GAP + x * (_PLANE - 2 * _GAP), top + _GAP + (1 - y) * (_PLANE - 2 * _GAP)
            words.ellipse((across - _DOT, down - _DOT, across + _DOT, down + _DOT), fill=inks[label % len(inks)])
        frames.append(frame)
    return _written(frames, stands, kind)


def _written(frames: list[Image.Image], stands: Sequence[int], kind: Kind) -> bytes:
    stream = io.BytesIO()
    look = {"duration": list(stands), "loop": 0, **({"lossless": True} if kind == "WEBP" else {"optimize": True})}
    if kind == "GIF" and frames[0].mode == "RGB":
        frames = [frame.quantize(128, dither=Image.Dither.NONE) for frame in frames]
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], **look)
    if stream.tell() <= MOST or len(frames) == 1:
        return stream.getvalue()
    fewer = slice(1 - len(frames) % 2, None, 2)
    return _written(frames[fewer], [2 * one for one in stands[fewer]], kind)


def _write(words: ImageDraw.ImageDraw, x: float, y: float, text: str) -> None:
    """Write a line, its lowered digits as small ones, which the font does not have."""
    for part in re.findall("[₀-₉]+|[^₀-₉]+", text):
        small = part[0] in "₀₁₂₃₄₅₆₇₈₉"
        font = _font(_SIZE - 3 if small else _SIZE)
        words.text((x, y + 5 * small), part.translate(_DIGITS), fill=_WORDS, font=font)
        x += words.textlength(part.translate(_DIGITS), font=font)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(FONT, size)
    except OSError:  # a FreeType that can't unpack it
        return ImageFont.load_default(size)
