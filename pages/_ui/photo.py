"""A whole photograph on a page: a held-out one or the visitor's own, restored and beside others behind a curtain."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from aecore.text import Say
from pages._ui import say, show, view
from pages._ui.curtain import Shown, Written, curtain, written
from pages._ui.seen import Seen

if TYPE_CHECKING:
    from aecore.knobs import Knob

# Seconds between two pictures of a whole photo while a run is under way; each goes through the model tile by tile.
EVERY = 2.0
LEFT, RIGHT = 0, 1


def which() -> Knob:
    """Return the choice of a held-out photo."""
    from aecore.datasets.photos import HELD_OUT
    from aecore.knobs import Knob

    return Knob(HELD_OUT[0], options=HELD_OUT)


def opacity() -> Knob:
    """Return the choice of how strongly marks are laid over a picture."""
    from aecore.knobs import Knob

    return Knob(0.6, low=0.0, high=1.0, step=0.1)


class Gallery(NamedTuple):
    """Pictures of one photo, ready for the browser."""

    pictures: list[Written]
    size: tuple[int, int]


def beside(pictures: Mapping[str, np.ndarray], true: np.ndarray | None, words: Say, *, names: str) -> Gallery:
    """Return pictures with their names, below `names` in the texts, and their likeness to the true one if known."""
    from aecore import views

    found = []
    for name, picture in pictures.items():
        note = ""
        if true is not None and picture is not true:
            near = views.likeness(picture, true)
            note = words("photo.quality", psnr=near.psnr, ssim=near.ssim)
        found.append(Shown(words(f"{names}.{name}"), note, picture))
    return Gallery(written(found), next(iter(pictures.values())).shape[:2])


def held_out(seen: Seen, make: Callable[[Seen, Say], Gallery]) -> None:
    """Show a held-out photo; `make` gives its pictures."""
    found: Gallery = show.made(make, show.standing(seen, EVERY))
    alt = say.words()(f"alt.{make.__name__}")
    curtain(found.pictures, size=found.size, left=LEFT, right=RIGHT, alt=alt, key=make.__name__)


def own(
    seen: Seen,
    answer: Callable[[Seen, np.ndarray], dict[str, np.ndarray]],
    words: Say,
    *,
    names: str,
    result: str = "rebuilt",
) -> np.ndarray | None:
    """Let the visitor give a picture of their own, show what `answer` makes of it, and give the result back.

    It stays in their session alone. Returned is the picture, if there is one.
    """
    from aecore import uploads

    given = st.file_uploader(words("photo.own"), type=["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"])
    if given is None:
        return None
    content = given.getvalue()
    try:
        picture = uploads.picture(content)
    except uploads.Refused as refused:
        st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/image_not_supported:")
        return None
    key = hashlib.sha256(content).hexdigest(), seen.run.key, seen.step, words.language, tuple(seen.choices.items())
    kept: tuple[Any, ...] = st.session_state.get("own_photo", (None, None, None))
    # A run under way changes faster than a large picture can be made anew.
    if kept[0] is None or kept[0][0] != key[0] or (kept[0] != key and seen.state.is_final):
        made = answer(seen, picture)
        kept = st.session_state.own_photo = key, beside(made, None, words, names=names), png(made[result])
    _, found, file = kept
    curtain(found.pictures, size=found.size, left=LEFT, right=RIGHT, alt=words("photo.own_alt"), key="own_photo_shown")
    st.download_button(words("photo.download"), file, "gargalo.png", "image/png", icon=":material/download:")
    return picture


def png(picture: np.ndarray) -> bytes:
    """Return a picture with values in [0, 1] as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def choose() -> str:
    """Show the choice of a held-out photo."""
    return view.choose("photo", which())
