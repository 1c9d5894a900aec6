"""Recommender: name a few libraries, and the ones that usually come with them follow."""

from collections import Counter
from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.datasets import Debian
from aecore.knobs import Knob
from aecore.text import Say
from pages._ui import ranked, resources, say, show, turn, view, watch
from pages._ui.seen import Seen

METHODS = ("undercomplete", "vae", "beta_vae", "sparse", "contractive")
USUAL = ("python3-numpy", "python3-matplotlib")
MOST = 30
COUNT = 10
SECTIONS = 8  # with a colour of their own

say.lesson("recommender")
experiment = turn.experiment(
    method=METHODS, data=("debian", "ratings"), net=("mlp", "linear"), task="recommender", looks=("history",)
)
data = cast(Debian, experiment.data)  # or a table of ratings, whose items have the same names
debian = data.name == "debian"
stars = ranked.stars(experiment)
splits = [one for one in experiment.fresh.sweep(fold=range(5)) if one != experiment] if debian else []


def quality(seen: Seen, words: Say) -> Any:
    """Draw the score on watched histories over the steps, with a line for each baseline."""
    watched = [ranked.watched(event.scores) for event in seen.history]
    kind = ranked.kinds_of(watched[-1] if watched else {}, stars=stars)[0]
    known = ranked.qualities(experiment)
    flat = {name: [found[kind]] * 2 for name, found in known.items() if kind in found}
    steps = [event.step for event in seen.history]
    span = (0, experiment.fit.steps)
    at = sorted({*steps, *span})
    curves = (
        {words("recommender.model"): np.interp(at, steps, [one[kind] for one in watched], right=np.nan)}
        if steps
        else {}
    )
    return figures.lines(
        at,
        curves | {words(f"recommender.{name}"): np.interp(at, span, heights) for name, heights in flat.items()},
        title=words("recommender.curve"),
        axes=(words("figure.error.x"), words(f"recommender.{kind}")),
        baselines={words(f"recommender.{name}"): name for name in flat},
        span=span,
        say=words,
    )


def table(found: Any, words: Say) -> None:
    items = data.items
    columns = {words("recommender.item"): [items[i].name for i in found.items]}
    if debian:
        columns[words("recommender.what")] = [items[i].summary for i in found.items]
    columns[words("recommender.because")] = [items[i].name for i in found.reasons]
    st.table(columns, hide_index=True, border="horizontal")


def next_ones(seen: Seen) -> None:
    words, items = say.words(), data.items
    names = [item.name for item in items]
    usual = tuple(names.index(name) for name in USUAL) if debian else (0, 1)

    def write(item: Any) -> Any:
        return names[item]

    knob = Knob(usual, low=0, high=len(items) - 1, most=MOST)
    history = tuple(dict.fromkeys(view.choose("history", knob, format_func=write, max_selections=MOST)))
    if not history:
        st.info(words("recommender.nothing_chosen"), icon=":material/info:")
        return
    own, other = st.columns(2)
    with own:
        st.subheader(words("recommender.autoencoder", step=seen.step), anchor=False)
        table(views.recommended(seen.model, history, COUNT, stars=stars and seen.model.link != "softmax"), words)
    best = ranked.names_for(experiment)[-1]
    with other:
        st.subheader(words(f"recommender.{best}"), anchor=False)
        found = resources.aside(ranked.follows, best, experiment.data, history, COUNT)
        if found:
            table(found, words)
        else:
            st.caption(words("recommender.pending"))


def items_in_the_plane(seen: Seen, words: Say) -> Any:
    vectors = views.item_vectors(seen.model)
    laid = seen.choices["laid"]
    places = resources.aside(ranked.mapped, experiment, seen.step) if laid else None
    items = data.items
    if places is None:
        places = views.project(vectors, views.Projection(points=len(items))).points
    common = [name for name, _ in Counter(item.section for item in items).most_common(SECTIONS)]
    labels = [common.index(item.section) if item.section in common else len(common) for item in items]
    return figures.cloud(
        places,
        labels if debian else None,
        label_names=[*common, words("recommender.other_sections")],
        names=[f"<b>{item.name}</b><br>{item.summary}" for item in items],
        axes=("", ""),
        title=words("recommender.plane" if laid else "recommender.plane_pca"),
        keep=f"{experiment.key} {laid}",
        say=words,
    )


def draw(seen: Seen) -> None:
    words = say.words()
    seen = seen.choose(known=len(ranked.qualities(experiment)))
    next_ones(seen)
    ranked.compared(seen)
    if debian:
        ranked.over_splits(seen, splits)
    show.row(seen, quality)
    st.caption(words("recommender.curve_note"))
    st.header(words("recommender.map"), anchor=False)
    st.markdown(words("recommender.map_lead"))
    final = seen.state.is_final and bool(seen.step)
    known = final and resources.aside(ranked.mapped, experiment, seen.step) is not None
    show.row(seen.choose(laid=known), items_in_the_plane, height=620)
    if not final:
        st.caption(words("recommender.plane_later"))


watch.training(experiment, draw, beside=splits)
st.header(say.words()("recommender.own"), anchor=False)
st.markdown(say.words()("recommender.own_lead"))
ranked.bring()
say.more("recommender")
