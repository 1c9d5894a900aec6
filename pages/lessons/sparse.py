"""The sparse autoencoder: many units, few of them active, and each of them open to inspection."""

import streamlit as st

from aecore import figures, views
from pages._ui import resources, say, show, turn, watch
from pages._ui.seen import gabor_share, ica
from pages._ui.show import Fact

COLUMNS = 16
STRONGEST = 12
ALIKE = 6

say.lesson("sparse")
experiment = turn.experiment(
    method="sparse", data=("patches", "mnist", "fashion_mnist", "digits", "sprites"), net=("mlp", "conv")
)
method = experiment.method
target = method.rho if method.rule in ("bias", "kl") else None


def error(seen, words):
    return show.error(seen, words, baseline=seen.pca_error)


def filters(seen, words):
    found = views.filters(seen.model)
    place = seen.choices["order"].index(seen.choices["unit"])
    return figures.tiles(found[list(seen.choices["order"])], columns=COLUMNS, signed=True, chosen=place, say=words)


def over_time(seen, words, of, title, unit, target=None):
    steps = [step for step in seen.run.steps if step <= seen.step] or [0]
    values = [of(seen.at(step)) for step in steps]
    look = {"total": experiment.fit.steps, "target": target, "chosen": seen.choices["unit"]}
    marks = show.turns(seen, words)
    return figures.units(steps, values, title=words(title), unit=words(unit), marks=marks, say=words, **look)


def averages(seen, words):
    return over_time(seen, words, views.means, "sparse.averages", "sparse.average", target)


def biases(seen, words):
    return over_time(seen, words, views.biases, "sparse.biases", "sparse.bias")


def activations(seen, words):
    marks = {"bias": (-1, 1), "kl": (0, 1)}.get(method.rule)
    named = (
        {marks[0]: words("sparse.inactive", at=marks[0]), marks[1]: words("sparse.active", at=marks[1])}
        if marks
        else {}
    )
    codes = views.codes(seen.model, seen.held_out.inputs)
    return figures.histogram(codes, title=words("sparse.activations"), marks=named, say=words)


def ranked(model, by):
    """Return the units in the chosen order."""
    if by == "average":
        scores = -views.means(model)
    elif by == "weight":
        scores = -views.weights(model)
    else:
        scores = range(model.n_latent)
    return tuple(sorted(range(model.n_latent), key=lambda unit: scores[unit]))


def gabors(seen, words):
    mine, its = seen.choices["gabors"], seen.choices["ica"]
    return [
        Fact(words("sparse.gabor"), words("sparse.share", share=percent(words, mine)), words("sparse.gabor_meaning")),
        Fact(words("sparse.ica"), words("sparse.share", share=percent(words, its)), words("sparse.ica_meaning")),
    ]


def percent(words, value):
    return "…" if value is None else words.number(100 * value, 0)


def ica_filters(seen, words):
    found, _ = resources.aside(ica, experiment.data)
    return figures.tiles(found, columns=COLUMNS, signed=True, say=words)


def kept(seen, words):
    x, k = seen.held_out.inputs[:10], seen.choices["kept"]
    found = views.keep_strongest(seen.model, x, k)
    whole = views.clamped(seen.model, x, [])
    pictures = views.shown([x.numpy(), whole.pictures, found.pictures], experiment.data.value_range)
    names = [words("sparse.original"), words("sparse.all"), words("sparse.only", k=k)]
    errors = [[float("nan")] * len(x), whole.errors, found.errors]
    return figures.rows(pictures, names=names, errors=errors, say=words)


def unit_filter(seen, words):
    return figures.tiles(views.filters(seen.model)[[seen.choices["unit"]]], columns=1, signed=True, say=words)


def unit_activations(seen, words):
    codes = views.codes(seen.model, seen.held_out.inputs)[:, seen.choices["unit"]]
    return figures.histogram(codes, title=words("sparse.unit_activations"), say=words)


def unit_strongest(seen, words):
    codes = views.codes(seen.model, seen.held_out.inputs)
    rows = views.strongest(codes, seen.choices["unit"], STRONGEST)
    pictures = views.shown([seen.held_out.inputs[rows].numpy()], experiment.data.value_range)
    names = [words("sparse.strongest")]
    if experiment.data.name == "patches":
        pictures = [pictures[0].repeat(3, 1).repeat(3, 2), experiment.data.surroundings(seen.held_out.factors[rows])]
        names.append(words("sparse.where"))
    else:
        rebuilt = views.clamped(seen.model, seen.held_out.inputs[rows], []).pictures
        pictures = [*pictures, *views.shown([rebuilt], experiment.data.value_range)]
        names.append(words("sparse.all"))
    return figures.rows(pictures, names=names, say=words)


def unit_clamped(seen, words):
    unit = seen.choices["unit"]
    codes = views.codes(seen.model, seen.held_out.inputs)
    x = seen.held_out.inputs[views.strongest(codes, unit, STRONGEST)]
    off, on = float(codes[:, unit].min()), float(codes[:, unit].max())
    found = [views.clamped(seen.model, x, *held) for held in ([[]], [[unit], off], [[unit], on])]
    pictures = views.shown([x.numpy(), *(one.pictures for one in found)], experiment.data.value_range)
    names = [words(f"sparse.{name}") for name in ("original", "as_it_is", "off", "on")]
    errors = [[float("nan")] * len(x), *(one.errors for one in found)]
    return figures.rows(pictures, names=names, errors=errors, say=words)


def unit_alike(seen, words):
    found = views.filters(seen.model)
    units, cosines = views.alike(found, seen.choices["unit"], ALIKE)
    return figures.rows(
        0.5 + found[units][None] / (2 * abs(found[units]).max()),
        names=[words("sparse.alike")],
        errors=[cosines],
        say=words,
    )


def pictures(seen):
    words = say.words()
    by = st.segmented_control(
        words("sparse.sort"), ("number", "average", "weight"), key="sorted", default="number", required=True,
        format_func=lambda name: words(f"sparse.by_{name}"),
    )  # fmt: skip
    order = ranked(seen.model, by)
    unit = min(st.session_state.get("unit", 0), seen.model.n_latent - 1)
    seen = seen.choose(order=order, unit=unit)

    def open_room(x, y):
        place = int(x) + COLUMNS * int(y)
        if place < len(order):
            st.session_state.unit = order[place]

    st.markdown(words("sparse.filters"))
    show.row(seen, filters, height=520, on_click=open_room)
    show.row(seen, averages, activations, every=0.5)
    show.row(seen, error, biases, every=0.5)
    if experiment.data.name == "patches" and seen.state.is_final:
        known = resources.aside(ica, experiment.data)
        share = resources.aside(gabor_share, experiment, seen.step)
        seen = seen.choose(gabors=share, ica=known and known[1])
        show.facts(seen, gabors)
        if known:
            show.row(seen, ica_filters, height=260)
    st.header(words("sparse.room", unit=unit + 1), anchor=False)
    show.row(seen, unit_filter, unit_activations, height=300, every=1)
    show.row(seen, unit_strongest, unit_clamped, every=1)
    show.row(seen, unit_alike, every=1)
    st.header(words("sparse.sets"), anchor=False)
    k = st.slider(words("sparse.keep"), 0, seen.model.n_latent, min(8, seen.model.n_latent), key="keep")
    show.row(seen.choose(kept=k), kept, every=1)


watch.training(experiment, pictures)
say.more("sparse")
