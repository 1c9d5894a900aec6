"""Pictures of strangers: any mode, size, depth and orientation, but never more than there is room for."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from aecore.uploads.refused import Refused

# Pixels that a picture may declare; more are refused before any is decoded.
MOST = 40_000_000
# The longer side of what is worked on; a larger picture is made smaller first.
LONGEST = 1024
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def picture(content: bytes, *, longest: int = LONGEST) -> np.ndarray:
    """Read a picture, upright as its EXIF says, without transparency.

    Parameters
    ----------
    content : bytes
        A file's.
    longest : int
        The longer side is made at most this long.

    Returns
    -------
    ndarray
        Shape ``(height, width, 3)``, values in [0, 1], float32.

    Raises
    ------
    Refused
        ``empty``, ``no_picture``, ``truncated`` or ``too_many_pixels``.

    Examples
    --------
    >>> picture(b"")
    Traceback (most recent call last):
    ...
    aecore.uploads.refused.Refused: ('empty', {})
    """
    image = _opened(content)
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return _colours(upright)
    except Exception as wrong:
        raise Refused("truncated") from wrong


def pixels(content: bytes) -> int:
    """Return how many pixels a picture says that it has, without decoding any.

    Raises
    ------
    Refused
        As :func:`picture` does, but for ``truncated``.
    """
    image = _opened(content)
    return image.width * image.height


def _opened(content: bytes) -> Image.Image:
    if not content:
        raise Refused("empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own about large pictures; the limit here is lower
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as wrong:
        raise Refused("too_many_pixels", most=MOST / 1e6) from wrong
    except Exception as wrong:  # Pillow raises whatever a broken header leads to
        raise Refused("no_picture") from wrong
    if image.width * image.height > MOST:
        raise Refused("too_many_pixels", most=MOST / 1e6)
    return image


def _colours(image: Image.Image) -> np.ndarray:
    if image.mode.startswith(("I", "F")):  # more than eight bits: from its darkest to its brightest
        values = np.nan_to_num(np.asarray(image, np.float32)).astype(np.float64)
        low, high = float(values.min()), float(values.max())
        grey = (values - low) / (high - low) if high > low else np.zeros_like(values)
        return np.repeat(grey[:, :, None].astype(np.float32), 3, axis=2)
    if "A" in image.getbands() or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        image = Image.alpha_composite(white, clear)
    return np.asarray(image.convert("RGB"), np.float32) / 255
