"""A latent space under the pointer: the decoder travels to the browser, and answers there.

What travels is one piece of bytes: the length of a JSON header, the header, and all numbers as float32,
the weights layer by layer, then the codes that lie on the plane, how far from it they lie, and their labels.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore.text import Say
from pages._ui import parcels, say, view
from pages._ui.component import component

if TYPE_CHECKING:
    from aecore.datasets import Data
    from aecore.networks import Autoencoder
    from aecore.samples import Samples
    from pages._ui.seen import Seen

_HERE = Path(__file__).parent
# Sliders that are shown: of a large code the latents that carry most.
MOST = 12
# Neighbours of a code that are shown.
NEAR = 10
# How far from the origin a link may hold a code, and the numbers of a code that an address has room for.
FAR, SHORT = 1e3, 32


_pad = component(_HERE / "latent_pad.html", "decoder.js", "latent_pad.js", css="latent_pad.css")
_sliders = component(_HERE / "sliders.html", "decoder.js", "sliders.js", css="latent_pad.css")


def pad(
    model: Autoencoder,
    samples: Samples,
    data: Data,
    *,
    key: str,
    words: Say,
    pair: tuple[int, ...] | None = None,
    z: tuple[float, ...] | None = None,
    on_choose: Callable[[tuple[float, ...]], None] | None = None,
    drifts: bool = False,
) -> None:
    """Show two latents as a plane, and under the pointer what the decoder makes of it.

    Nothing is sent while the pointer moves. A model with one latent gets a line instead of a plane.

    Parameters
    ----------
    model : Autoencoder
        Of any method; one of a run, or a shipped one.
    samples : Samples
        Held-out pictures whose codes lie on the plane.
    data : Data
        What the samples are of.
    key : str
        One place in the page; another model under the same key is drawn into the same plane.
    words : Say
        The visitor's language.
    pair : tuple of int, optional
        The latents to the right and upwards; by default those that carry most.
    z : tuple of float, optional
        The code that is held; its other latents stay as they are when the pointer moves. By default none is, and
        the pointer begins in the middle.
    on_choose : callable, optional
        Called with the code of the place that is clicked.
    drifts : bool
        Whether the place wanders by itself until somebody takes it.
    """

    def clicked() -> None:
        if on_choose and (code := (st.session_state.get(key) or {}).get("clicked")):
            on_choose(tuple(code))

    packed = _packed(model, samples, data, words.language, pair, z, drifts)
    if packed is None:
        st.info(words("pad.not_here"), icon=":material/developer_board_off:")
    else:
        _pad(key=key, data=parcels.put(packed, "application/octet-stream"), on_clicked_change=clicked)


def sliders(
    model: Autoencoder,
    samples: Samples,
    data: Data,
    *,
    key: str,
    words: Say,
    z: tuple[float, ...] | None = None,
) -> None:
    """Show a slider for every latent, those that carry most first, and what the decoder makes of them.

    Parameters
    ----------
    model, samples, data, key, words
        As :func:`pad` takes them.
    z : tuple of float, optional
        Where the sliders begin; by default in the middle.
    """
    packed = _packed(model, samples, data, words.language, MOST, z)
    if packed is None:
        st.info(words("pad.not_here"), icon=":material/developer_board_off:")
    else:
        _sliders(key=key, data=parcels.put(packed, "application/octet-stream"))


@lru_cache(maxsize=16)
def _packed(
    model: Autoencoder,
    samples: Samples,
    data: Data,
    language: str,
    shown: tuple[int, ...] | int | None,
    z: tuple[float, ...] | None,
    drifts: bool = False,
) -> bytes | None:
    """Write what the browser needs; ``shown`` are the latents, or how many of those that carry most."""
    from aecore import views
    from aecore.networks import GaussianAutoencoder

    layers = views.layers(model)
    if layers is None:
        return None
    words = Say(language)
    usage, codes = _usage(model, samples), views.codes(model, samples.inputs)
    middle = views.middle(model, codes).tolist()
    latents = shown if isinstance(shown, tuple) else views.leading(usage, shown or 2)
    gaussian = isinstance(model, GaussianAutoencoder)
    names = [say.latent(i, gaussian=gaussian) for i in range(model.n_latent)]
    scale, shift = views.contrast(samples.inputs.numpy(), data.value_range)
    none = samples.labels is None
    labels = np.full(samples.size, -1) if samples.labels is None else samples.labels.numpy()
    header = {
        "layers": [{"kind": layer.kind, **layer.sizes} for layer in layers],
        "link": model.link,
        "shape": list(model.shape),
        "scale": scale,
        "shift": shift,
        "gaussian": gaussian,
        "pair": list(latents),
        "spans": views.spans(model, codes, z)[list(latents)].tolist(),
        "middle": middle,
        "z": middle if z is None else list(z),
        "held": z is not None,
        "drifts": drifts,
        "latents": [names[i] for i in latents],
        "axes": [words(_kind(model), name=names[i], value=words.number(float(usage[i]), 2)) for i in latents],
        "count": samples.size,
        "classes": 0 if none else data.classes,
        "names": _classes(data, words),
        "language": language.replace("_", "-"),
        "words": _words(words, len(usage), gaussian),
    }
    points = codes[:, list(latents)]
    # What the latents that are not shown add to the squared distance from a place in the plane.
    off = np.square(np.delete(codes - np.array(header["z"]), latents, axis=1)).sum(1)
    numbers = [array.ravel() for layer in layers for array in layer.arrays] + [points.ravel(), off, labels]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return np.uint32(len(text)).tobytes() + text + np.concatenate(numbers).astype(np.float32).tobytes()


@lru_cache(maxsize=16)
def _usage(model: Autoencoder, samples: Samples) -> np.ndarray:
    from aecore import views

    return views.usage(model, samples.inputs)


def _kind(model: Autoencoder) -> str:
    from aecore.networks import GaussianAutoencoder

    return "pad.axis_kl" if isinstance(model, GaussianAutoencoder) else "pad.axis_variance"


def _classes(data: Data, words: Say) -> Sequence[str]:
    return say.classes(data, words) or [str(i) for i in range(data.classes)]


def _words(words: Say, latents: int, gaussian: bool) -> dict[str, str]:
    said = {name: words(f"pad.{name}") for name in ("label", "role", "picture", "map", "back")}
    said["near"] = words("pad.near", label="{label}")
    said["range"] = words("pad.range_prior" if gaussian else "pad.range_codes")
    if latents > MOST:
        said["range"] += " " + words("pad.most", shown=MOST, of=latents)
    return said


@dataclass
class Walk:
    """Where a visitor is in a latent space.

    Attributes
    ----------
    pair : tuple of int
        The latents that are shown.
    wanted : bool
        Whether the visitor chose them.
    lost : bool
        Whether those that were chosen are there no longer.
    z : tuple of float or None
        The code that is held.
    moved : int
        How often the program changed the pair; a part of the keys of its choices, since a browser that has not yet
        heard of a change answers with what was before, as if that were chosen.
    """

    pair: tuple[int, ...] = ()
    wanted: bool = False
    lost: bool = False
    z: tuple[float, ...] | None = None
    moved: int = 0

    def settle(self, usage: np.ndarray, *, moving: bool) -> None:
        """Keep to what a code of this size has, and while a run goes on to the axes that are shown."""
        from aecore import views

        size = len(usage)
        if self.z is not None and len(self.z) != size:
            self.z = None
        if len(self.pair) != min(2, size) or max(self.pair) >= size:
            self.lost, self.wanted, self.pair = self.wanted, False, ()
        if not self.wanted:
            before, self.pair = self.pair, views.leading(usage, held=self.pair if moving else ())
            self.moved += self.pair != before


def _follow_link(walk: Walk, size: int) -> None:
    """Take over which latents a link shows, counted from 1, and the code that it holds."""
    if view.arrived("plane"):
        pair = _numbers(text := view.take("plane"))
        if len(pair) == len(set(pair)) == min(2, size) and all(one in range(1, size + 1) for one in pair):
            walk.pair, walk.wanted, walk.lost = tuple(int(one) - 1 for one in pair), True, False
            walk.moved += 1
        else:
            view.pass_over("plane", text)
    if view.arrived("place"):
        z = _numbers(text := view.take("place"))
        if len(z) == size and all(abs(one) <= FAR for one in z):
            walk.z = z
        else:
            view.pass_over("place", text)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()


def _say_in_address(walk: Walk) -> None:
    """Say in the address which latents the visitor chose, and which code is held if it is short."""
    view.keep("plane", tuple(one + 1 for one in walk.pair) if walk.wanted else None)
    short = walk.z is not None and len(walk.z) <= SHORT
    view.keep("place", tuple(float(f"{one:.4g}") for one in walk.z or ()) if short else None)


def walk(seen: Seen, *, key: str = "pad") -> Seen:
    """Show the pad of a run with the choice of its latents.

    Returns
    -------
    Seen
        The same moment with the code that is held among its choices, as ``z``; ``None`` for none.
    """
    from aecore.networks import GaussianAutoencoder

    words, model = say.words(), seen.model
    walk: Walk = st.session_state.setdefault(f"{key}_walk", Walk())
    usage = _usage(model, seen.held_out)
    _follow_link(walk, len(usage))
    walk.settle(usage, moving=not seen.state.is_final)
    _say_in_address(walk)

    def turn(axis: int, chooser: str) -> None:
        pair, latent = list(walk.pair), st.session_state[chooser]
        if latent == pair[axis]:
            return
        if latent == pair[1 - axis]:
            pair.reverse()
            walk.moved += 1
        pair[axis] = latent
        walk.pair, walk.wanted, walk.lost = tuple(pair), True, False

    def hold(z: tuple[float, ...] | None) -> None:
        walk.z = z

    def write(latent: int) -> str:
        # The browser sends back what is written, so it must not change while a run goes on.
        return say.latent(latent, gaussian=isinstance(model, GaussianAutoencoder))

    if walk.lost:
        st.info(words("pad.lost", size=len(usage)), icon=":material/move_down:")
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_choice"):
        for axis, latent in enumerate(walk.pair if len(usage) > 2 else ()):
            chooser = f"{key}_{axis}_{walk.moved}"
            look: dict[str, Any] = {"format_func": write, "on_change": turn, "args": (axis, chooser), "width": 130}
            st.selectbox(words(f"pad.axis_{axis}"), range(len(usage)), latent, key=chooser, **look)
        free = walk.z is None
        st.button(words("pad.release"), key=f"{key}_release", on_click=hold, args=(None,), disabled=free)
    pad(model, seen.held_out, seen.experiment.data, key=key, words=words, pair=walk.pair, z=walk.z, on_choose=hold)
    return seen.choose(z=walk.z)


def near(seen: Seen, words: Say) -> Any:
    """Draw the held-out inputs whose codes lie nearest to the one that is held, or to the middle, and as rebuilt.

    Drawn whether a code is held or not, so that nothing below moves when one is.
    """
    from aecore import figures, views
    from aecore.networks import GaussianAutoencoder

    codes = views.codes(seen.model, seen.held_out.inputs)
    held = seen.choices["z"]
    z = views.middle(seen.model, codes) if held is None else np.array(held)
    middle = "pad.near_zero" if isinstance(seen.model, GaussianAutoencoder) else "pad.near_middle"
    rows = views.near(codes, z, NEAR)
    inputs = seen.held_out.inputs[rows.tolist()].numpy()
    pictures = views.shown([inputs, views.decoded(seen.model, codes[rows])], seen.experiment.data.value_range)
    distances = np.linalg.norm(codes[rows] - z, axis=1)
    names = [words(middle if held is None else "pad.near_inputs"), words("pad.near_rebuilt")]
    return figures.rows(pictures, names=names, errors=[distances, np.full(len(rows), np.nan)], say=words)
