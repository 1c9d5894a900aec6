"""Planes: runs as points, by two numbers of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from aecore.figures.axes import announce
from aecore.figures.theme import heading, ink, label_ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

# The axes leave this share of the span free around the points, for their names.
_ROOM = 0.18


def plane(
    runs: Mapping[str, Sequence[tuple[float, float, str]]],
    *,
    title: str,
    axes: tuple[str, str],
    say: Say,
    own: tuple[float, float, str] | None = None,
    empty: str = "",
    bound: str | None = None,
) -> go.Figure:
    """Draw runs as points, those of one series joined.

    Parameters
    ----------
    runs : mapping of str to sequence of (float, float, str)
        For each series, named in the legend, its points: place on either axis, and its name.
    title : str
    axes : (str, str)
        The words at the two axes.
    say : Say
    own : (float, float, str), optional
        The learner's run.
    empty : str
        Words in the middle while there is no point.
    bound : str, optional
        Words for the line through the point with the smallest sum, on which the sum is the same.

    Returns
    -------
    go.Figure
        A trace a series, then the learner's run, then the line.
    """
    every = [(x, y) for points in runs.values() for x, y, _ in points] + ([own[:2]] if own else [])
    places = np.array(every, float).reshape(-1, 2)
    figure = sheet(
        say,
        title=heading(title, axes[1]),
        margin={"t": 70, "b": 48},
        showlegend=True,
        legend={"orientation": "h", "y": -0.24, "yanchor": "top", "font": {"size": 13}},
        xaxis={"title": {"text": axes[0], "standoff": 4}, "nticks": 6},
        yaxis={"nticks": 6},
    )
    hover = "%{text}<br>%{x:.4~r}; %{y:.4~r}<extra></extra>"
    for i, (name, points) in enumerate(runs.items(), 1):
        x, y, names = zip(*points, strict=True) if points else ((), (), ())
        figure.add_scatter(
            x=x,
            y=y,
            text=names,
            name=name,
            mode="lines+markers+text",
            textposition="top right",
            textfont={"color": label_ink(i), "size": 14},
            line={"color": label_ink(i), "width": 1.5},
            marker={"size": 9},
            hovertemplate=hover,
        )
    if own:
        look = {"color": ink("autoencoder"), "size": 15, "symbol": "diamond"}
        figure.add_scatter(
            x=[own[0]], y=[own[1]], text=[own[2]], name=own[2], mode="markers", marker=look, hovertemplate=hover
        )
    if len(places):
        low, high = places.min(0), places.max(0)
        pad = _ROOM * np.where(high > low, high - low, np.abs(high).clip(1e-6))
        figure.update_xaxes(range=[low[0] - pad[0], high[0] + pad[0]])
        figure.update_yaxes(range=[low[1] - pad[1], high[1] + pad[1]])
        if bound:
            least = places.sum(1).min()
            ends = np.array([low[0] - pad[0], high[0] + pad[0]])
            dotted = {"color": ink("muted"), "width": 1.5, "dash": "dot"}
            figure.add_scatter(x=ends, y=least - ends, name=bound, mode="lines", line=dotted, hoverinfo="skip")
    else:
        figure.update_xaxes(range=[0, 1], tickvals=[])
        figure.update_yaxes(range=[0, 1], tickvals=[])
        announce(figure, empty)
    return figure
