"""A Plotly figure in the page, redrawn in place: zoom survives a refresh, nothing is sent while nothing changes.

The figure names its colours (:func:`aecore.figures.theme.ink`); the browser puts in those of the
theme it shows, so that a change of theme asks nothing of the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from aecore.figures.theme import PALETTES

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "gargalo_plot",
    html=(_HERE / "plot.html").read_text("utf-8"),
    css=(_HERE / "plot.css").read_text("utf-8"),
    js=(_HERE / "plot.js").read_text("utf-8").replace("/* palettes */ {}", json.dumps(PALETTES)),
    isolate_styles=False,
)


def plot(
    figure: str, *, key: str, alt: str, height: int = 360, on_click: Callable[[float, float], None] | None = None
) -> None:
    """Show a figure.

    Parameters
    ----------
    figure : str
        What ``to_json`` wrote of a figure of ``aecore.figures``.
    key : str
        One place in the page; a new figure under the same key is drawn into the same picture.
    alt : str
        What the picture shows, for those who do not see it.
    height : int
        In pixels; a figure that knows its aspect, such as ``rows``, takes less where the page is narrow.
    on_click : callable, optional
        Called with the place that is clicked, in the coordinates of the figure's axes.
    """

    def clicked() -> None:
        if on_click and (place := st.session_state[key].get("clicked")):
            on_click(*place)

    listening = {"on_clicked_change": clicked} if on_click else {}
    data = {"figure": figure, "alt": alt, "height": height, "clicks": on_click is not None}
    _mount(key=key, data=data, **listening)


def preload() -> None:
    """Let the browser load Plotly while the visitor reads, so that the first figure need not wait for it."""
    _mount(key="preload", data=None)
