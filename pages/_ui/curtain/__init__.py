"""Pictures of one thing, two at a time behind a curtain, and all of them close up at the pointer's place."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from pages._ui import parcels, say
from pages._ui.component import component

_HERE = Path(__file__).parent
_mount = component(_HERE / "curtain.html", "curtain.js", css="curtain.css")


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


class Written(NamedTuple):
    """A picture as a PNG file, with its name and what is to be said of it."""

    name: str
    note: str
    file: bytes


def written(shown: Sequence[Shown]) -> list[Written]:
    """Return pictures ready for the browser."""
    return [Written(one.name, one.note, _png(one.picture)) for one in shown]


def curtain(pictures: Sequence[Written], *, size: tuple[int, int], left: int, right: int, alt: str, key: str) -> None:
    """Show pictures of one thing.

    Parameters
    ----------
    pictures : sequence of Written
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
    found = [{"name": one.name, "note": one.note, "src": parcels.put(one.file, "image/png")} for one in pictures]
    data = {"pictures": found, "left": left, "right": right, "alt": alt, "words": said}
    _mount(key=key, data=data | {"height": size[0], "width": size[1]})


def _png(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
