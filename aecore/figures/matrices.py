"""Matrices: small ones, each number in its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aecore.figures.theme import heading, ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go


def matrix(
    values: ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    unit: str,
    say: Say,
    most: float | None = None,
) -> go.Figure:
    """Draw numbers from 0 up as cells, the larger the fuller of colour, each with its number in it.

    Parameters
    ----------
    values : array_like
        Shape ``(n_rows, n_columns)``, at least 0; small enough to be read.
    rows, columns : sequence of str
        Their names.
    title, unit : str
        What is drawn, and the words below the title.
    say : Say
    most : float, optional
        The value that is full of colour; by default the largest.

    Returns
    -------
    go.Figure
        One heatmap trace. The cell under a point of the figure is row ``round(y)``, column ``round(x)``.
    """
    cells = np.asarray(values, float).reshape(len(rows), len(columns))
    full = most or float(cells.max(initial=0)) or 1.0
    figure = sheet(
        say,
        title=heading(title, unit),
        margin={"t": 70, "b": 32},
        xaxis={"tickvals": list(range(len(columns))), "ticktext": list(columns), "showline": False, "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": list(rows),
            "autorange": "reversed",
            "showgrid": False,
            "fixedrange": True,
        },
    )
    figure.add_heatmap(
        z=np.round(cells, 4),
        zmin=0,
        zmax=full,
        colorscale=[[0, ink("surface")], [1, ink("autoencoder")]],
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
        # Plotly writes them in whatever stands out from the cell.
        text=[[say.number(value, 2) for value in row] for row in cells.tolist()],
        texttemplate="%{text}",
        textfont={"size": 15},
    )
    return figure
