"""Grids: many small pictures as one PNG."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from aecore.figures.theme import ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = 3  # red, green, blue
_SHARP = 84  # least height of an enlarged picture, in pixels
_GAP = 0.1  # between two tiles, in heights of one
_INSET = 0.08  # of a mark within its tile, in sides of one
_NARROW = 340  # width in pixels at which the words still find room between the rows


def atlas(pictures: ArrayLike, *, between: float = 0.06, under: float = 0.06) -> bytes:
    """Write rows of pictures into one PNG, enlarged so that each pixel stays a square.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, h, w)``, ``(rows, n, h, w, 3)`` or ``(rows, n, 3, h, w)``, values in [0, 1]; others are
        clipped, NaN becomes 0.
    between, under : float
        The transparent space right of each picture and under each row, in heights of a picture.

    Returns
    -------
    bytes
        Grey or RGB, with alpha.
    """
    tiles = _bytes(pictures)
    rows, n, h, w, channels = tiles.shape
    right, below = _gap(between, h), _gap(under, h)
    canvas = np.zeros((rows, h + below, n, w + right, channels + 1), np.uint8)
    canvas[:, :h, :, :w, :channels] = tiles.transpose(0, 2, 1, 3, 4)
    canvas[:, :h, :, :w, channels] = 255
    flat = canvas.reshape(rows * (h + below), n * (w + right), channels + 1)
    flat = flat[: flat.shape[0] - below, : flat.shape[1] - right]
    times = -(-_SHARP // h)
    image = Image.fromarray(np.ascontiguousarray(flat), "LA" if channels == 1 else "RGBA")
    stream = io.BytesIO()
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(
        stream, "PNG", compress_level=1
    )
    return stream.getvalue()


def tiled(pictures: ArrayLike, *, columns: int, mask: bool = False) -> bytes:
    """Write many pictures into one PNG, line by line, each pixel as it is.

    Parameters
    ----------
    pictures : array_like
        Shape ``(n, h, w)``, ``(n, h, w, 3)`` or ``(n, 3, h, w)``, values in [0, 1].
    columns : int
    mask : bool
        Whether grey is written as opacity, for whoever gives the pictures another colour.
    """
    values = np.asarray(pictures, np.float32)
    tiles = _bytes(values[None])[0]
    n, h, w, channels = tiles.shape
    lines = -(-n // columns)
    canvas = np.zeros((lines * columns, h, w, channels), np.uint8)
    canvas[:n] = tiles
    flat = canvas.reshape(lines, columns, h, w, channels).transpose(0, 2, 1, 3, 4).reshape(lines * h, columns * w, -1)
    if channels == 3:
        image = Image.fromarray(np.ascontiguousarray(flat), "RGB")
    elif mask:
        image = Image.fromarray(np.concatenate([np.full_like(flat, 255), flat], axis=2), "LA")
    else:
        image = Image.fromarray(np.ascontiguousarray(flat[:, :, 0]), "L")
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def rows(
    pictures: ArrayLike,
    *,
    names: Sequence[str | Sequence[str]],
    errors: ArrayLike | None = None,
    narrow: float = _NARROW,
    low: float = math.inf,
    say: Say,
) -> go.Figure:
    """Draw rows of pictures under one another, such as originals over what came of them.

    Parameters
    ----------
    pictures : array_like
        Shape ``(rows, n, h, w)``, ``(rows, n, h, w, 3)`` or ``(rows, n, 3, h, w)``, values in [0, 1].
    names : sequence of str or of sequences of str
        The name of each row, above it, or one for each of its pictures.
    errors : array_like, optional
        Shape ``(rows, n)``, a number under each picture; NaN for none.
    narrow : float
        The least width in pixels at which the words have room; the larger, the less room they take from the pictures.
    low : float
        The least height in pixels at which they have.
    say : Say

    Returns
    -------
    go.Figure
        One image trace. ``layout.meta["aspect"]`` is the figure's width over its height.

    Raises
    ------
    ValueError
        If the words alone are higher than `low`.
    """
    tiles = colours_last(pictures, grey=4)
    n_rows, n, h, w = tiles.shape[:4]
    numbers = np.full((n_rows, n), np.nan) if errors is None else np.asarray(errors, float).reshape(n_rows, n)
    above, below = 24, (0 if errors is None else 17)
    room = low / n_rows - above - below
    if room <= 0:
        raise ValueError(f"no room for {n_rows} rows in {low} pixels")
    pixel = max(w * n / narrow, h / room)
    head, foot = above * pixel, below * pixel
    space = (head + foot) / h
    png = atlas(tiles, between=0.06, under=space)
    step_x, step_y = w + _gap(0.06, h), h + _gap(space, h)
    width, height = n * step_x - _gap(0.06, h), n_rows * step_y - _gap(space, h)
    figure = sheet(
        say,
        margin={"b": 0, "l": 0, "r": 0, "t": 0, "pad": 0},
        meta={"aspect": round(width / (height + head + foot), 4)},
        xaxis={
            "visible": False,
            "range": [0, width],
            "fixedrange": True,
            "constrain": "domain",
            "constraintoward": "left",
        },
        yaxis={
            "visible": False,
            "range": [height + foot, -head],
            "fixedrange": True,
            "scaleanchor": "x",
            "constrain": "domain",
            "constraintoward": "top",
        },
    )
    times = -(-_SHARP // h)
    figure.add_image(
        source="data:image/png;base64," + base64.b64encode(png).decode(),
        x0=0.5 / times,
        y0=0.5 / times,
        dx=1 / times,
        dy=1 / times,
        hoverinfo="skip",
    )
    # All at once: Plotly checks every earlier annotation again for each that is added.
    figure.layout.annotations = [
        *(
            _name(name, i * step_x, row * step_y)
            for row, of_row in enumerate(names)
            for i, name in enumerate([of_row] if isinstance(of_row, str) else of_row)
        ),
        *(
            _number(numbers[row, i], i * step_x + w / 2, row * step_y + h, say)
            for row, i in np.argwhere(np.isfinite(numbers))
        ),
    ]
    return figure


def row_at(figure: go.Figure, y: float, *, rows: int) -> int:
    """Return which row of a figure of :func:`rows` lies at a height, from 0; each has the name above it.

    Parameters
    ----------
    figure : go.Figure
    y : float
        In the coordinates of the figure's axis; what lies outside counts as the nearest row.
    rows : int
        How many there are.
    """
    bottom, top = figure.layout.yaxis.range
    return min(max(int((y - top) / (bottom - top) * rows), 0), rows - 1)


def _name(name: str, x: float, y: float) -> dict[str, Any]:
    font = {"size": 14, "weight": 500}
    return {"x": x, "y": y, "yshift": 1, "text": name, "xanchor": "left", "yanchor": "bottom", "font": font}


def _number(value: float, x: float, y: float, say: Say) -> dict[str, Any]:
    text = say.number(float(value), 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2)
    return {"x": x, "y": y, "text": text, "yanchor": "top", "font": {"color": ink("muted"), "size": 12}}


def tiles(
    pictures: ArrayLike,
    *,
    columns: int,
    say: Say,
    signed: bool = False,
    chosen: int | None = None,
    marked: Sequence[int] = (),
    faded: Sequence[int] = (),
) -> go.Figure:
    """Draw many small pictures as one, line by line, such as the filters of a code.

    Each takes a square of side 1: the picture under a point of the figure is
    ``int(x) + columns * int(y)``.

    Parameters
    ----------
    pictures : array_like
        Shape ``(n, h, w)``, ``(n, h, w, 3)`` or ``(n, 3, h, w)``, values in [0, 1].
    columns : int
    say : Say
    signed : bool
        Whether values are of either sign; each picture is then scaled by its largest, grey for 0.
    chosen : int, optional
        The picture with a frame.
    marked : sequence of int
        Pictures with a frame of another colour, drawn within the first.
    faded : sequence of int
        Pictures that are shown pale.

    Returns
    -------
    go.Figure
        One image trace. ``layout.meta["aspect"]`` is the figure's width over its height.
    """
    values = colours_last(pictures, grey=3).copy()
    if signed:
        largest = np.abs(values).reshape(len(values), -1).max(1).clip(1e-12)
        values = values / (2 * largest.reshape(-1, *[1] * (values.ndim - 1))) + 0.5
    values[list(faded)] = 0.5 + 0.2 * (values[list(faded)] - 0.5)
    n, h, w = values.shape[:3]
    n_rows = max(-(-n // columns), 1)
    filled = np.full((n_rows * columns, *values.shape[1:]), 0.5)
    filled[:n] = values
    png = atlas(filled.reshape(n_rows, columns, *values.shape[1:]), between=_GAP, under=_GAP)
    cell_w, cell_h = w + _gap(_GAP, h), h + _gap(_GAP, h)
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure = sheet(
        say,
        margin={"b": 0, "l": 0, "r": 0, "t": 0, "pad": 0},
        meta={"aspect": round(columns * cell_w / (n_rows * cell_h), 4)},
        xaxis={**axis, "range": [0, columns], "constraintoward": "left"},
        yaxis={
            **axis,
            "range": [n_rows, 0],
            "scaleanchor": "x",
            "scaleratio": cell_h / cell_w,
            "constraintoward": "top",
        },
    )
    times = -(-_SHARP // h)
    dx, dy = 1 / (times * cell_w), 1 / (times * cell_h)
    source = "data:image/png;base64," + base64.b64encode(png).decode()
    figure.add_image(source=source, x0=dx / 2, y0=dy / 2, dx=dx, dy=dy, hoverinfo="skip")

    def frame(place: int, colour: str, inset: float) -> dict[str, Any]:
        x, y = place % columns, place // columns
        sides = {"x0": x + inset, "y0": y + inset, "x1": x + w / cell_w - inset, "y1": y + h / cell_h - inset}
        return {"type": "rect", **sides, "line": {"color": ink(colour), "width": 3}}

    for place in marked:
        figure.add_shape(frame(place, "autoencoder", _INSET))
    if chosen is not None:
        figure.add_shape(frame(chosen, "warning", 0))
    return figure


def alt(names: Sequence[str], n: int, say: Say) -> str:
    """Say in words what :func:`rows` shows, for those who do not see it."""
    return say("figure.rows.alt", names="; ".join(names), n=n)


def colours_last(pictures: ArrayLike, *, grey: int) -> NDArray[np.floating]:
    """Return pictures with their colours along the last axis, where networks have them before height and width.

    Parameters
    ----------
    pictures : array_like
        With `grey` axes, or with one more.
    grey : int
    """
    values = np.asarray(pictures, float)
    first = values.ndim > grey and values.shape[-3] == COLOURS != values.shape[-1]
    return np.moveaxis(values, -3, -1) if first else values


def _gap(share: float, height: int) -> int:
    """Return a share of a picture's height in whole pixels, at least one."""
    return max(1, round(share * height))


def _bytes(pictures: ArrayLike) -> NDArray[np.uint8]:
    """Return pictures as bytes, shape ``(rows, n, h, w, channels)``."""
    values = np.clip(np.nan_to_num(colours_last(pictures, grey=4)), 0, 1)
    if values.ndim == 4:
        values = values[..., None]
    return np.rint(values * 255).astype(np.uint8)
