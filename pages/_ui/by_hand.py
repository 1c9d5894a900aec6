"""A digit that a visitor draws or photographs, through the shipped model of every lesson that learnt digits."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import resources, say
from pages._ui.brought import LESSONS
from pages._ui.canvas import canvas
from pages._ui.plot import plot

if TYPE_CHECKING:
    import numpy as np

    from aecore.text import Say

SEEN = 140  # pixels


@st.fragment
def by_hand(source: str) -> None:
    """Let a digit be drawn or photographed, and show what becomes of it."""
    from aecore import uploads

    words = say.words()
    st.markdown(words(f"your_data.{source}_lead"))
    left, right = st.columns(2)
    digit = None
    with left:
        try:
            digit = _drawn() if source == "hand" else _photographed(words)
        except uploads.Refused as refused:
            st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/gesture:")
    with right:
        if digit is None:
            st.caption(words("your_data.hand_nothing"))
            return
        from aecore.figures.grids import atlas

        st.markdown(f"**{words('your_data.hand_seen')}**")
        st.image(atlas(digit[None, None]), width=SEEN, alt=words("alt.hand_seen"))
        st.caption(words("your_data.hand_form"))
    st.header(words("your_data.hand_through"), anchor=False)
    names = lessons()
    for first in range(0, len(names), 2):
        for place, name in zip(st.columns(2), names[first : first + 2], strict=False):
            with place.container(border=True, height="stretch"):
                _through(name, digit, words)


def _drawn() -> np.ndarray | None:
    from aecore.uploads import drawing

    strokes = canvas(key="sheet")
    return drawing.centred(drawing.drawn(strokes)) if strokes else None


def _photographed(words: Say) -> np.ndarray | None:
    from aecore import uploads
    from aecore.uploads import drawing

    given = st.camera_input(words("your_data.camera"), key="own_camera")
    return drawing.centred(drawing.ink(uploads.picture(given.getvalue(), longest=512))) if given else None


@lru_cache
def lessons() -> list[str]:
    """Return the lessons whose shipped model learnt digits of MNIST's form."""
    from aecore import gallery

    return [name for name in LESSONS if gallery.experiment_of(name).data.name == "mnist"]


@lru_cache(maxsize=8)
def _known(name: str) -> tuple[Any, Any]:
    """Return the shipped model of a lesson, and its errors on the held-out digits."""
    from aecore import views

    model, held_out = resources.shipped(name)
    return model, views.survey(model, [held_out.inputs]).errors


def _through(name: str, digit: np.ndarray, words: Say) -> None:
    from aecore import figures, views

    st.page_link(f"lessons/{name}.py", label=words(f"page.{name}.title"), icon=":material/arrow_forward:")
    model, errors = _known(name)
    found = views.standing(model, digit, errors)
    said: tuple[tuple[str, dict[str, Any]], ...] = ("input", {}), ("code", {"count": model.n_latent}), ("rebuilt", {})
    names = [words(f"your_data.hand_{key}", **blanks) for key, blanks in said]
    figure = figures.rows(found.pictures[None], names=[names], say=words)
    plot(figure.to_json(), key=f"hand_{name}", alt=words("alt.hand_through"), height=180)
    numbers: dict[str, Any] = {"error": words.number(found.error, 1), "share": words.number(100 * found.below, 0)}
    st.markdown(words("your_data.hand_stands", **numbers, count=len(errors)))
