"""Drawings: a digit of a visitor's, drawn or photographed, brought to the form that MNIST's digits have."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from aecore.uploads.refused import Refused

# Strokes and points that are drawn; the thickness of the pen in thousandths of the side, about MNIST's.
MOST_STROKES, MOST_POINTS, PEN = 200, 20_000, 80
_SIDE = 1000
# MNIST's sides: of a picture, and of the box that a digit just fits into.
SIDE, BOX = 28, 20
# Less ink than this is no digit; greys nearer than this to the paper are paper.
_LEAST, _CONTRAST = 4.0, 0.12


def drawn(strokes: object) -> np.ndarray:
    """Draw strokes in white on black.

    Parameters
    ----------
    strokes : sequence of sequences of pairs
        Thousandths of the side, from the upper left corner; they come from a browser and may be anything.

    Returns
    -------
    ndarray
        Shape ``(280, 280)``, values in [0, 1].

    Raises
    ------
    Refused
        ``no_drawing``.

    Examples
    --------
    >>> float(drawn([[[500, 200], [500, 800]]])[140, 140])
    1.0
    """
    sheet = Image.new("L", (560, 560))
    pen, scale = ImageDraw.Draw(sheet), 560 / _SIDE
    radius = PEN * scale / 2
    for stroke in _checked(strokes):
        points = [(x * scale, y * scale) for x, y in stroke]
        pen.line(points, fill=255, width=round(2 * radius), joint="curve")
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.resize((280, 280), Image.Resampling.BOX), np.float32) / 255


def _checked(strokes: object) -> list[list[tuple[float, float]]]:
    try:
        found = [[(float(x), float(y)) for x, y in stroke] for stroke in strokes]  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Refused("no_drawing") from wrong
    places = np.array([place for stroke in found for place in stroke])
    if not len(places) or len(found) > MOST_STROKES or len(places) > MOST_POINTS:
        raise Refused("no_drawing")
    if not np.isfinite(places).all() or places.min() < 0 or places.max() > _SIDE:
        raise Refused("no_drawing")
    return [stroke for stroke in found if stroke]


def ink(photo: np.ndarray) -> np.ndarray:
    """Return how much of a pen's ink is where in a photograph of dark strokes on light paper, or of the opposite.

    Paper is what the surroundings mostly are, so that a shadow across it is no ink.

    Parameters
    ----------
    photo : ndarray
        Shape ``(height, width, 3)``, values in [0, 1].

    Returns
    -------
    ndarray
        The middle square, values in [0, 1]; 0 is paper.

    Raises
    ------
    Refused
        ``no_drawing`` where nothing stands out.
    """
    from scipy.ndimage import gaussian_filter, median_filter
    from skimage.filters import threshold_otsu

    side = min(photo.shape[:2])
    top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
    square = photo[top : top + side, left : left + side] @ np.array([0.299, 0.587, 0.114])
    small = Image.fromarray(np.rint(255 * square.clip(0, 1)).astype(np.uint8)).resize((140, 140), Image.Resampling.BOX)
    grey = gaussian_filter(np.asarray(small, np.float64) / 255, 1)
    away = grey - median_filter(grey, size=61, mode="reflect")
    # Whichever stands out more strongly is the pen.
    away = away if away.max() > -away.min() else -away
    if away.max() < _CONTRAST:
        raise Refused("no_drawing")
    limit = max(float(threshold_otsu(away.clip(0))), _CONTRAST / 2)
    return ((away - limit / 2) / limit).clip(0, 1).astype(np.float32)


def centred(picture: np.ndarray) -> np.ndarray:
    """Bring ink to MNIST's form: the digit just fits a box of 20 × 20, its centre of mass in the middle of 28 × 28.

    Parameters
    ----------
    picture : ndarray
        Shape ``(height, width)``, values in [0, 1].

    Returns
    -------
    ndarray
        Shape ``(28, 28)``, values in [0, 1].

    Raises
    ------
    Refused
        ``no_drawing`` where there is hardly any ink.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> x = centred(drawn([[[100, 100], [100, 500]]]))
    >>> x.shape, [round(float((axis * x).sum() / x.sum())) for axis in np.indices(x.shape)]
    ((28, 28), [14, 14])
    """
    from scipy.ndimage import center_of_mass, shift

    rows, columns = np.nonzero(picture > 0.1)
    if not len(rows):
        raise Refused("no_drawing")
    cut = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = BOX / max(cut.shape)
    height, width = (max(round(side * scale), 1) for side in cut.shape)
    bytes_of = Image.fromarray(np.rint(255 * cut).astype(np.uint8))
    small = np.asarray(bytes_of.resize((width, height), Image.Resampling.BOX), np.float32) / 255
    if small.sum() < _LEAST:
        raise Refused("no_drawing")
    whole = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    whole[top : top + height, left : left + width] = small
    # Counted from 0, the digits of MNIST have theirs at 14, not at 13.5 (measured). Nothing is cut off for it.
    room = ((-top, SIDE - height - top), (-left, SIDE - width - left))
    away = [
        min(max(round(SIDE / 2 - place), least), most)
        for place, (least, most) in zip(center_of_mass(whole), room, strict=True)
    ]
    return shift(whole, away, order=0).clip(0, 1)
