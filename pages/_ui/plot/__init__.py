"""A Plotly figure in the page, redrawn in place: zoom survives a refresh, nothing is sent while nothing changes.

How it is zoomed and turned is a part of the visitor's view, so that links and saved runs show the same.

The figure names its colours (:func:`aecore.figures.theme.ink`); the browser puts in those of the
theme it shows, so that a change of theme asks nothing of the server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages._ui import parcels, say, view
from pages._ui.component import component

# Streamlit's, on every lesson's page.
CONTROLS = ("Selectbox", "Slider", "TextInput", "NumberInput", "Button", "ButtonGroup", "Checkbox", "Progress")

SCRIPTS = ("plot.js", "save.js", "seen.js", "points.js", "pan.js")
_mount = component(Path(__file__).with_name("plot.html"), *SCRIPTS, css="plot.css")


@dataclass(frozen=True)
class Cloud:
    """What the points of a figure answer to, beside zooming.

    Attributes
    ----------
    words : dict of str
        ``tools``, ``pan``, ``select``, ``lasso``, ``clear``, ``thumbs``: names of the tools; ``row``, ``value`` and
        ``no_webgl``: sentences with ``#row``, ``#value``, ``#drawn`` and ``#total``; ``language``.
    on_select : callable
        Called with the rows of the points that are selected by box or lasso; none to clear.
    on_point : callable
        Called with the row of the point that is clicked.
    card : str or None
        Where the picture of a row is got: this, the row, and ``.png``.
    pictures : dict or None
        ``atlas``, the place of one picture with all of them; the ``columns``, ``count``, ``width`` and ``height`` of
        its tiles; ``mask``, whether they are white on black.
    chosen : sequence of int
        The rows that a link says are selected; the same ones again choose nothing.
    """

    words: dict[str, str]
    on_select: Callable[[list[int]], None]
    on_point: Callable[[int], None]
    card: str | None = None
    pictures: dict[str, object] | None = None
    chosen: Sequence[int] = ()


class Moments(NamedTuple):
    """Where a figure is got as it was at each place of the slider through time, and the place that it is shown at."""

    addresses: Sequence[str]
    at: int


def plot(
    figure: str,
    *,
    key: str,
    alt: str,
    height: int = 360,
    on_click: Callable[[float, float], None] | None = None,
    cloud: Cloud | None = None,
    moments: Moments | None = None,
    name: str | None = None,
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
    cloud : Cloud, optional
        For a figure of ``aecore.figures.cloud``.
    moments : Moments, optional
        The same figure at other times, for the browser to follow the slider by itself.
    name : str, optional
        What a file of the picture is called, without its ending.
    """

    def clicked() -> None:
        if on_click and (place := (st.session_state.get(key) or {}).get("clicked")):
            on_click(*place)

    def seen() -> None:
        if (text := (st.session_state.get(key) or {}).get("seen")) is not None:
            view.see_figure(key, text)

    def selected() -> None:
        if cloud and (rows := (st.session_state.get(key) or {}).get("selected")) is not None:
            cloud.on_select(rows)

    def pointed() -> None:
        if cloud and (row := (st.session_state.get(key) or {}).get("point")) is not None:
            cloud.on_point(row)

    aspect = re.search(r'"aspect":\s*([\d.]+)', figure)
    listening = {"on_seen_change": seen} | ({"on_clicked_change": clicked} if on_click else {})
    data: dict[str, object] = {"figure": parcels.put(figure, parcels.FIGURE), "alt": alt, "height": height}
    data |= {"clicks": on_click is not None, "aspect": aspect and aspect[1], "moments": moments and moments._asdict()}
    data["seen"] = view.of_figure(key)
    words = say.words()
    save = {way: words(f"figure.save_{way}") for way in ("label", "png", "svg", "csv", "gone")}
    data["save"] = {"name": name or f"gargalo-{key}", "words": save}
    if cloud:
        listening |= {"on_selected_change": selected, "on_point_change": pointed}
        look = {"card": cloud.card, "pictures": cloud.pictures, "chosen": cloud.chosen}
        data["cloud"] = {"words": cloud.words, **look}
    _mount(key=key, data=data, **listening)


def preload() -> None:
    """Let the browser load Plotly and the controls while the visitor reads, so that the first lesson need not wait."""
    _mount(key="preload", data={"parts": _parts()})


@lru_cache
def _parts() -> list[str]:
    """Return the addresses of the scripts that Streamlit loads with the first control of each kind."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return sorted(f"/static/js/{found.name}" for control in CONTROLS for found in folder.glob(f"{control}.*.js"))
