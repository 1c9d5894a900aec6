"""Bars: one number for each unit of a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aecore.figures.theme import heading, ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Bars up to which each has its own name below it.
_NAMED = 32


def bars(
    heights: ArrayLike,
    names: Sequence[str],
    apart: ArrayLike,
    *,
    groups: tuple[str, str],
    title: str,
    axes: tuple[str, str],
    say: Say,
    chosen: int | None = None,
) -> go.Figure:
    """Draw a bar for each unit, those of two groups told apart.

    The bar under a point of the figure is ``round(x)``.

    Parameters
    ----------
    heights : array_like
        Shape ``(n,)``.
    names : sequence of str
        What stands below each bar.
    apart : array_like of bool
        Shape ``(n,)``: which bars are of the first group.
    groups : (str, str)
        What the groups are called.
    title : str
    axes : (str, str)
        The words at the two axes.
    say : Say
    chosen : int, optional
        The bar with a frame.

    Returns
    -------
    go.Figure
        A trace a group.
    """
    y, first = np.asarray(heights, float), np.asarray(apart, bool)
    at = np.arange(len(y))
    ticks = at if len(y) <= _NAMED else at[:: -(-len(y) // _NAMED)]
    figure = sheet(
        say,
        title=heading(title, axes[1]),
        showlegend=True,
        legend={"orientation": "h", "y": -0.24, "yanchor": "top", "font": {"size": 13}},
        margin={"t": 70, "b": 48},
        bargap=0.15,
        barmode="overlay",
        xaxis={
            "title": {"text": axes[0]},
            "range": [-0.6, len(y) - 0.4],
            "tickvals": ticks.tolist(),
            "ticktext": [names[i] for i in ticks],
            "autotickangles": [0, -90],
        },
        yaxis={"nticks": 6, "rangemode": "tozero"},
    )
    for name, own, colour in zip(groups, (first, ~first), ("autoencoder", "warning"), strict=True):
        edge = [3 if i == chosen else 0 for i in at[own]]
        figure.add_bar(
            x=at[own],
            y=y[own],
            name=name,
            customdata=[names[i] for i in at[own]],
            marker={"color": ink(colour), "line": {"color": ink("text"), "width": edge}},
            hovertemplate="%{customdata}: <b>%{y:.3~r}</b><extra></extra>",
        )
    return figure
