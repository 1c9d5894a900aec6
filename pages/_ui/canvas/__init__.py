"""A sheet to draw a digit on, with mouse, finger, pen or keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from aecore.uploads.drawing import PEN
from pages._ui import say
from pages._ui.component import component

_mount = component(Path(__file__).with_name("canvas.html"), "canvas.js", css="canvas.css")


def canvas(*, key: str) -> Any:
    """Show the sheet, and return the strokes that were drawn on it; what they hold the browser alone knows.

    Their points are thousandths of the sheet's side, from its upper left corner.
    """
    words = say.words()
    said = {name: words(f"canvas.{name}") for name in ("sheet", "undo", "clear")}
    _mount(key=key, data={"words": said, "pen": PEN}, on_strokes_change=lambda: None)
    return (st.session_state.get(key) or {}).get("strokes") or []
