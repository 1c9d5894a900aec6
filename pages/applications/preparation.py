"""Preparation for other models: learn from pictures without labels first, then make do with few labels."""

from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, outcomes, views
from aecore.knobs import Knob
from aecore.text import Say
from pages._ui import prepared, say, show, turn, view, watch
from pages._ui.seen import Seen

METHODS = ("denoising", "undercomplete", "contractive", "sparse", "vae", "beta_vae")
LAYER = Knob("hidden", options=("hidden", "code"))
USUAL = 100  # labels
SOON = 1000  # labels up to which it is computed without being asked for
COLUMNS = 8
ACROSS = 5  # pictures in a row

say.lesson("preparation")
experiment = turn.experiment(
    task="preparation",
    method=METHODS,
    data=("mnist", "fashion_mnist", "digits"),
    net=("conv", "mlp"),
    looks=("labels", "layer"),
)
data = experiment.data


def rebuilt(seen: Seen, words: Say) -> Any:
    x = seen.held_out.inputs[:COLUMNS]
    shown = views.beside_pca(seen.model, x, seen.pca, data.value_range)
    names = [words(f"undercomplete.{name}") for name in ("original", "autoencoder", "pca")][: len(shown.pictures)]
    return figures.rows(shown.pictures, names=names, errors=shown.errors, say=words)


def readable(seen: Seen, words: Say) -> Any:
    found = prepared.early(seen, seen.choices["layer"])
    name = words("preparation.probe")
    look: dict[str, Any] = {"axes": (words("figure.error.x"), words("preparation.accuracy")), "say": words}
    title = words("preparation.readable", count=prepared.EARLY)
    return figures.lines([*found], {name: [*found.values()]}, title=title, span=(0, experiment.fit.steps), **look)


def told_by_probe(seen: Seen, words: Say) -> Any:
    return told(seen, "probe", words)


def told_by_pixels(seen: Seen, words: Say) -> Any:
    return told(seen, "pixels", words)


def told(seen: Seen, by: str, words: Say) -> Any:
    """Return held-out pictures, above each the class that it is told to have, with a cross where that is wrong."""
    names = say.classes(data, words) or [str(i) for i in range(data.classes)]
    found = seen.choices[by]
    labels = seen.held_out.labels[: len(found)].tolist()  # type: ignore[index]
    said = [("" if one == true else "✗ ") + names[one] for one, true in zip(found, labels, strict=True)]
    shape = (len(found) // ACROSS, ACROSS)
    pictures = seen.held_out.inputs[: len(found)].unflatten(0, shape).numpy()
    return figures.rows(pictures, names=np.array(said).reshape(shape).tolist(), say=words)


def accuracy_curves(seen: Seen, words: Say) -> Any:
    return prepared.curves(prepared.accuracies(seen, seen.choices["layer"], seen.choices["most"]), words)


def on_pictures(seen: Seen, count: int) -> None:
    words = say.words()
    st.header(words("preparation.told", count=count), anchor=False)
    ways = outcomes.ways(seen.experiment, seen.step, seen.choices["layer"])
    found = {by: prepared.outcome(ways[by], count, 0) for by in ("probe", "pixels")}
    known = {by: one for by, one in found.items() if one}
    if len(known) < len(found):
        st.caption(words("preparation.pending"))
        return
    seen = seen.choose(**{by: tuple(one.told) for by, one in known.items()})
    for place, (by, make) in zip(st.columns(2), MAKERS.items(), strict=True):
        with place:
            st.markdown(words(f"preparation.told_{by}", right=words.number(known[by].right, 1)))
            show.row(seen, make)


def draw(seen: Seen) -> None:
    words = say.words()
    possible = outcomes.counts(data)
    left, right = st.columns(2)
    with left:
        knob = Knob(str(USUAL), options=tuple(map(str, possible)))
        count = int(view.choose("labels", knob, format_func=lambda n: words.number(int(n))))
    with right:
        layer = view.choose("layer", LAYER)
    early = prepared.early(seen, layer)
    seen = seen.choose(layer=layer, known=len(early))
    # A shipped run may hold but its last step.
    show.row(seen, *((rebuilt, readable) if len(seen.kept) > 1 or not seen.step else (rebuilt,)))
    if not (seen.state.is_final and seen.step) or seen.travelled:
        st.caption(words("preparation.later"))
        return
    st.header(words("preparation.buys"), anchor=False)
    most = max(possible) if st.session_state.get("all_labels") else min(SOON, max(possible))
    found = prepared.accuracies(seen, layer, most)
    prepared.progress(found, possible, most, words)
    with st.container(key="prepared"):  # keeps its room while it fills
        seen = seen.choose(most=most, found=sum(map(len, found.values())))
        show.row(seen, accuracy_curves, height=460)
        if leads := prepared.gains(found):
            st.markdown(prepared.verdict(leads, words))
        prepared.table(found, words)
    with st.container(key="told"):
        on_pictures(seen, count)


MAKERS = {"probe": told_by_probe, "pixels": told_by_pixels}

watch.training(experiment, draw)
say.more("preparation")
