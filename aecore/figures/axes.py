"""Axes: ticks at round numbers, a logarithm where values span much, and marks at single places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.figures.theme import ink
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LOG_FROM = 5.0
_NICE = (1, 2, 3, 5, 7)
# An error that far below the largest is as good as none, and would press the rest of the curve flat.
_DEPTH = 1000
# From here down the zeros of a number are too many to be read.
_SMALL = 1e-3


def axis(values: Sequence[float], say: Say, *, always_log: bool = False) -> dict[str, Any]:
    """Return an axis that holds the values with room for the words at both ends."""
    if not values:
        return {"range": [0, 1], "tickvals": []}
    low, high = float(min(values)), float(max(values))
    if always_log and high > 0:
        low = max(low, high / _DEPTH)
    if low > 0 and (always_log or high / low > _LOG_FROM):
        bottom, top = np.log10(low), np.log10(high)
        pad = max(0.12 * (top - bottom), 0.06)
        bottom, top = float(bottom - 1.8 * pad), float(top + pad)
        nice = [m * 10.0**k for k in range(int(np.floor(bottom)), int(np.ceil(top)) + 1) for m in _NICE]
        ticks = [tick for tick in nice if bottom <= np.log10(tick) <= top]
        if len(ticks) > 5:
            ticks = [tick for tick in ticks if f"{tick:.0e}"[0] in "125"]
        if len(ticks) > 7:
            ticks = [tick for tick in ticks if f"{tick:.0e}"[0] == "1"]
            ticks = ticks[:: 1 + len(ticks) // 8]
        write = say.power if ticks and ticks[0] < _SMALL else say.plain
        return {"type": "log", "range": [bottom, top], "tickvals": ticks, "ticktext": [write(tick) for tick in ticks]}
    pad = 0.16 * (high - low) or 0.1 * abs(high) or 1.0
    written = "power" if max(abs(low), abs(high)) < _SMALL else "none"
    return {"range": [low - pad, high + pad], "nticks": 6, "exponentformat": written}


def announce(figure: go.Figure, words: str, *, y: float = 0.5) -> None:
    """Say in the middle of a picture, or at another height, what will be drawn there."""
    place = {"x": 0.5, "y": y, "xref": "paper", "yref": "paper", "showarrow": False}
    # On a ground of their own, so that no line of the grid runs through the words.
    ground = {"bgcolor": ink("background"), "borderpad": 4}
    figure.add_annotation(text=words, font={"color": ink("muted"), "size": 15}, **ground, **place)


def mark(figure: go.Figure, marks: Mapping[float, str] | None) -> None:
    """Draw an upright line at each place, with its words at the top."""
    line = {"color": ink("muted"), "width": 1.5, "dash": "dot"}
    for at, words in (marks or {}).items():
        figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
        at_top = {"y": 1, "yref": "paper", "xanchor": "left", "xshift": 5, "showarrow": False}
        figure.add_annotation(x=at, text=words, font={"color": ink("text"), "size": 14}, **at_top)
