"""Pictures of one thing, two at a time behind a curtain, and all of them close up at the pointer's place."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from pages._ui import say

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "gargalo_curtain",
    html=(_HERE / "curtain.html").read_text("utf-8"),
    css=(_HERE / "curtain.css").read_text("utf-8"),
    js=(_HERE / "curtain.js").read_text("utf-8"),
    isolate_styles=False,
)


class Shown(NamedTuple):
    """A picture with its name and what is to be said of it.

    Attributes
    ----------
    name, note : str
    picture : ndarray
        Shape ``(height, width)`` or ``(height, width, 3)``, values in [0, 1]; others are clipped.
    """

    name: str
    note: str
    picture: np.ndarray


def written(shown: Sequence[Shown]) -> list[dict[str, str]]:
    """Return pictures as the browser takes them, with their names and notes."""
    return [{"name": one.name, "note": one.note, "src": f"data:image/png;base64,{_png(one.picture)}"} for one in shown]


def curtain(
    pictures: Sequence[dict[str, str]], *, size: tuple[int, int], left: int, right: int, alt: str, key: str
) -> None:
    """Show pictures of one thing.

    Parameters
    ----------
    pictures : sequence of dict
        As :func:`written` gives them.
    size : tuple of int
        Height and width of each.
    left, right : int
        Those on either side of the curtain at first.
    alt : str
        What they show, for those who do not see it.
    key : str
        The component's place in the page.
    """
    words = say.words()
    said = {name: words(f"curtain.{name}") for name in ("rail", "choose")}
    data = {"pictures": pictures, "left": left, "right": right, "alt": alt, "words": said}
    _mount(key=key, data=data | {"height": size[0], "width": size[1]})


def _png(picture: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)).save(stream, "PNG", compress_level=1)
    return base64.b64encode(stream.getvalue()).decode()
