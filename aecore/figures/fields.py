"""Fields: arrows over a density in the plane."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from aecore.figures.theme import heading, ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

_GREY = 128


def field(
    low: ArrayLike,
    high: ArrayLike,
    places: ArrayLike,
    arrows: ArrayLike,
    density: ArrayLike,
    *,
    say: Say,
    title: str,
    unit: str,
    true: ArrayLike | None = None,
    path: ArrayLike | None = None,
) -> go.Figure:
    """Draw arrows over a density, and the path of a point that follows them.

    Parameters
    ----------
    low, high : array_like
        Shape ``(2,)``: corners of the picture.
    places, arrows : array_like
        Shape ``(n, 2)``: where each arrow begins, and where it points; the longest are cut at the
        distance between two of them.
    density : array_like
        Shape ``(h, w)``, rows upwards, in [0, 1].
    say : Say
    title : str
    unit : str
        What stands below the title.
    true : array_like, optional
        Shape ``(n, 2)``: the arrows that should be, drawn below.
    path : array_like, optional
        Shape ``(m, 2)``.

    Returns
    -------
    go.Figure
        A trace for the true arrows if there are any, one for the arrows, one for the path if there is one.
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    axis = {"visible": False, "fixedrange": True}
    figure = sheet(
        say,
        title=heading(title, unit),
        margin={"l": 0, "r": 0, "b": 30, "t": 64},
        legend={"orientation": "h", "y": 0, "yanchor": "top"},
        showlegend=True,
        xaxis={**axis, "range": [low[0], high[0]]},
        yaxis={**axis, "range": [low[1], high[1]], "scaleanchor": "x"},
        images=[
            {
                "source": _shade(np.asarray(density, float)),
                "xref": "x",
                "yref": "y",
                "x": low[0],
                "y": high[1],
                "sizex": high[0] - low[0],
                "sizey": high[1] - low[1],
                "sizing": "stretch",
                "layer": "below",
            }
        ],
    )
    places, arrows = np.asarray(places, float), np.asarray(arrows, float)
    longest = 1.3 * (high - low).max() / np.sqrt(max(len(places), 1))
    if true is not None:
        _arrows(figure, places, _cut(np.asarray(true, float), longest), "baseline", say("figure.field.true"))
    _arrows(figure, places, _cut(arrows, longest), "autoencoder", say("figure.field.arrows"))
    if path is not None:
        steps = np.asarray(path, float)
        figure.add_scatter(
            x=steps[:, 0],
            y=steps[:, 1],
            mode="lines+markers",
            name=say("figure.field.path"),
            hoverinfo="skip",
            line={"color": ink("warning"), "width": 2.5},
            marker={"color": ink("warning"), "size": [11] + [4] * (len(steps) - 1)},
        )
    return figure


def _cut(arrows: NDArray[np.float64], longest: float) -> NDArray[np.float64]:
    """Scale arrows so that a typical one is half as long as allowed; cut the longest, keep every direction."""
    lengths = np.linalg.norm(arrows, axis=1, keepdims=True)
    typical = max(float(np.median(lengths)), 1e-12)
    return arrows / np.maximum(lengths, 1e-12) * np.minimum(lengths / typical / 2, 1) * longest


def _arrows(figure: go.Figure, places: NDArray[np.float64], arrows: NDArray[np.float64], role: str, name: str) -> None:
    """Draw each arrow as a line with two barbs, all of them one trace."""
    tips = places + arrows
    left, right = (tips - 0.3 * _turned(arrows, angle) for angle in (0.5, -0.5))
    gap = np.full_like(tips, np.nan)
    x, y = np.stack([places, tips, left, tips, right, gap], 1).reshape(-1, 2).T
    width = 1.6 if role == "autoencoder" else 1.2
    figure.add_scatter(
        x=np.round(x, 3),
        y=np.round(y, 3),
        mode="lines",
        name=name,
        hoverinfo="skip",
        connectgaps=False,
        line={"color": ink(role), "width": width},
    )


def _turned(arrows: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return arrows @ np.array([[c, s], [-s, c]])


def _shade(density: NDArray[np.float64]) -> str:
    """Return a density as a grey PNG, transparent where there is nothing, for either theme."""
    pixels = np.zeros((*density.shape, 2), np.uint8)
    pixels[..., 0] = _GREY
    pixels[..., 1] = np.rint(150 * np.clip(density[::-1], 0, 1))
    stream = io.BytesIO()
    Image.fromarray(pixels, "LA").save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
