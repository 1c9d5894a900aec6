"""Clouds: many points in two or three dimensions, to be looked at, turned and selected from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aecore.figures.scatters import at_medians, named
from aecore.figures.theme import ink, label_ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Room between the outermost points and the frame, in spans of the points.
_MARGIN = 0.04
# From low to high; each stands out from either background.
_SCALE = [[0, ink("autoencoder")], [0.5, ink("label-1")], [1, ink("warning")]]


def cloud(
    points: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    label_names: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    values: ArrayLike | None = None,
    value_name: str = "",
    axes: Sequence[str],
    title: str,
    keep: str = "",
    say: Say,
) -> go.Figure:
    """Draw points by WebGL; each knows the row that it came from.

    Parameters
    ----------
    points : array_like
        Shape ``(n, 2)`` or ``(n, 3)``.
    labels, label_names, title, say
        As :func:`codes` takes them.
    names : sequence of str, optional
        What is written at each point under the pointer.
    values : array_like, optional
        Shape ``(n,)``; colours that take the place of the classes'.
    value_name : str
        What they are.
    axes : sequence of str
        The words at the axes.
    keep : str
        What a zoom belongs to: it stays as long as this does.

    Returns
    -------
    go.Figure
        A trace a class; ``customdata`` holds the row of each point.
    """
    places = np.asarray(points, np.float32)
    n, dimensions = places.shape
    classes = np.zeros(n, int) if labels is None or values is not None else np.asarray(labels).astype(int)
    coloured = labels is not None and values is None
    figure = sheet(say, title={"text": title}, dragmode="pan", hoverdistance=12, uirevision=f"keep {keep}")
    if dimensions == 3:
        _frame_3d(figure, axes)
    else:
        _frame(figure, places, axes)
    for label in np.unique(classes) if n else [0]:
        rows = np.flatnonzero(classes == label).astype(np.int32)
        marker = _marker(n, dimensions, label_ink(int(label)) if coloured else ink("autoencoder"))
        if values is not None:
            marker |= _scale(np.asarray(values, np.float32)[rows], value_name)
        name = named(int(label), label_names) if coloured else ""
        trace = {
            "mode": "markers",
            "name": name,
            "customdata": rows,
            "marker": marker,
            # The card under the pointer says more than a line of text could.
            "hoverinfo": "none",
        }
        if names:
            trace |= {"text": [names[row] for row in rows.tolist()], "hoverinfo": "text"}
        if dimensions == 3:
            x, y, z = places[rows].T
            figure.add_scatter3d(x=x, y=y, z=z, **trace)
        else:
            x, y = places[rows].T
            unchosen = {"marker": {"opacity": 0.12}}
            figure.add_scattergl(x=x, y=y, unselected=unchosen, selected={"marker": {"opacity": 0.9}}, **trace)
    if coloured and dimensions == 3:
        # There the names stand beside the picture: they would not turn with the points.
        figure.update_layout(showlegend=True, legend={"itemsizing": "constant", "y": 0.98, "bgcolor": "rgba(0,0,0,0)"})
    elif coloured and n:
        figure.layout.annotations = at_medians(places, classes, label_names)
    return figure


def _marker(n: int, dimensions: int, colour: str) -> dict[str, Any]:
    size = float(np.clip(26 * max(n, 1) ** -0.22, 2.4, 9))
    return {"color": colour, "size": size if dimensions == 2 else 0.7 * size, "opacity": 0.6, "line": {"width": 0}}


def _scale(values: np.ndarray, name: str) -> dict[str, Any]:
    low, high = np.percentile(values, [1, 99]) if len(values) else (0, 1)
    bar = {
        "title": {"text": name, "side": "right", "font": {"size": 14}},
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"color": ink("muted"), "size": 13},
        "nticks": 6,
    }
    return {"color": values, "colorscale": _SCALE, "cmin": float(low), "cmax": float(high), "colorbar": bar}


def _frame(figure: go.Figure, places: np.ndarray, axes: Sequence[str]) -> None:
    """Give each axis its room once, so that hiding a class moves nothing."""
    for axis, word, column in zip(("xaxis", "yaxis"), axes, places.T, strict=True):
        low, high = (float(column.min()), float(column.max())) if len(column) else (0.0, 1.0)
        room = _MARGIN * (high - low) or 1.0
        look = {"title": {"text": word}, "range": [low - room, high + room], "nticks": 8}
        figure.layout[axis] = look | ({"showgrid": True, "showline": False} if axis == "xaxis" else {})


def _frame_3d(figure: go.Figure, axes: Sequence[str]) -> None:
    look = {"backgroundcolor": "rgba(0,0,0,0)", "gridcolor": ink("grid"), "nticks": 5, "zeroline": False}
    look |= {"tickfont": {"color": ink("muted"), "size": 12}, "showspikes": False}
    scene = {
        f"{axis}axis": look | {"title": {"text": word, "font": {"size": 13, "color": ink("muted")}}}
        for axis, word in zip("xyz", axes, strict=True)
    }
    figure.update_layout(scene={**scene, "aspectmode": "cube", "dragmode": "orbit"}, margin={"l": 0, "r": 0, "b": 0})
