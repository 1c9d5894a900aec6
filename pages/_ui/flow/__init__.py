"""An input flowing through an autoencoder: real activations, drawn and animated in the browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aecore.text import Say
from aecore.views import Flow
from pages._ui.component import component

_mount = component(Path(__file__).with_name("flow.html"), "flow.js", css="flow.css")


def flow(flows: Sequence[Flow], *, key: str, words: Say) -> None:
    """Show inputs to choose from and the chosen one on its way through.

    Parameters
    ----------
    flows : sequence of Flow
        Of one model.
    key : str
        The component's place in the page.
    words : Say
        The visitor's language.
    """
    names = ("encoder", "decoder", "bottleneck", "input", "output", "p_encoder", "p_decoder", "choose")
    said = {name: words(f"home.{name}") for name in names}
    _mount(key=key, data={"words": said, "flows": [_packed(one, words) for one in flows]})


def _packed(one: Flow, words: Say) -> dict[str, object]:
    largest = [max(float(np.abs(column).max()), 1e-9) for column in one.columns]
    return {
        "x": _bytes(one.x),
        "x_hat": _bytes(one.x_hat),
        "side": one.x.shape[1],
        "code": one.code,
        "columns": [np.round(column / most, 3).tolist() for column, most in zip(one.columns, largest, strict=True)],
        "values": [words.number(float(value), 2) for value in one.columns[one.code]],
        "links": [np.round(links, 3).tolist() for links in one.links],
        "error": words.number(one.error, 1),
        "alt": words("home.alt", error=words.number(one.error, 1)),
    }


def _bytes(picture: np.ndarray) -> str:
    return base64.b64encode(np.rint(255 * picture.clip(0, 1)).astype(np.uint8).tobytes()).decode()
