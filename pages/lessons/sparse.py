"""The sparse autoencoder: many units, few of them active, and each of them open to inspection."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.experiment import Experiment
from aecore.knobs import Knob
from aecore.methods import Sparse
from aecore.networks import Autoencoder
from aecore.text import Say
from pages._ui import resources, say, show, turn, view, watch
from pages._ui.room import room
from pages._ui.seen import Seen, gabor_share, ica
from pages._ui.show import Fact

COLUMNS = 16
PICTURES = 10

say.lesson("sparse")
experiment = turn.experiment(
    method="sparse",
    data=("mnist", "patches", "fashion_mnist", "digits", "sprites"),
    net=("mlp", "conv"),
    looks=("order", "click", "unit", "rank", "keep", "clamped", "held"),
)
method = cast(Sparse, experiment.method)


def error(seen: Seen, words: Say) -> Any:
    return show.error(seen, words, baseline=seen.pca_error)


def filters(seen: Seen, words: Say) -> Any:
    found = views.filters(seen.model)
    unit, clamped = seen.choices["unit"], seen.choices["clamped"]
    order = ranked(seen.model, seen.choices["by"])
    look: dict[str, Any] = {"chosen": order.index(unit), "marked": [order.index(one) for one in clamped]}
    return figures.tiles(found[order], columns=COLUMNS, signed=True, say=words, **look)


def above_pca(seen: Seen, words: Say) -> str:
    return words("sparse.above_pca", error=seen.error, pca=seen.pca_error, rho=words.plain(method.rho))


def see_edges() -> None:
    """Offer the rule and the data whose filters become edges, with their own recipe."""
    same = {"data": "patches"}
    if experiment.data.name == "patches":
        same |= {name: getattr(experiment.data, name) for name in experiment.data.knobs()}
    edges = Experiment.settle({**same, "method": "sparse", "rule": "topk", "seed": experiment.seed}).experiment
    st.button(
        say.words()("sparse.edges"), key="edges", icon=":material/texture:", help=say.words()("sparse.edges_help"),
        on_click=turn.take, args=(edges, *same, "rule", "seed"),
    )  # fmt: skip


def averages(seen: Seen, words: Say) -> Any:
    look: dict[str, Any] = {
        "title": words("sparse.averages"),
        "unit": words("sparse.average"),
        "target": seen.levels("rho"),
    }
    return show.units(seen, words, views.means, chosen=seen.choices["unit"], **look)


def biases(seen: Seen, words: Say) -> Any:
    look: dict[str, Any] = {"title": words("sparse.biases"), "unit": words("sparse.bias")}
    return show.units(seen, words, views.biases, chosen=seen.choices["unit"], **look)


def activations(seen: Seen, words: Say) -> Any:
    marks = {"bias": (-1, 1), "kl": (0, 1)}.get(method.rule)
    named: dict[float, str] = (
        {marks[0]: words("sparse.inactive", at=marks[0]), marks[1]: words("sparse.active", at=marks[1])}
        if marks
        else {}
    )
    codes = views.codes(seen.model, seen.held_out.inputs)
    return figures.histogram(codes, title=words("sparse.activations"), marks=named, say=words)


def ranked(model: Autoencoder, by: str) -> list[int]:
    """Return the units in the chosen order."""
    scores: Sequence[float] | np.ndarray
    if by == "average":
        scores = -views.means(model)
    elif by == "weight":
        scores = -views.weights(model)
    else:
        scores = range(model.n_latent)
    return sorted(range(model.n_latent), key=lambda unit: scores[unit])


def gabors(seen: Seen, words: Say) -> list[Fact]:
    mine, its = seen.choices["gabors"], seen.choices["ica"]
    return [
        Fact(words("sparse.gabor"), words("sparse.share", share=percent(words, mine)), words("sparse.gabor_meaning")),
        Fact(words("sparse.ica"), words("sparse.share", share=percent(words, its)), words("sparse.ica_meaning")),
    ]


def percent(words: Say, value: Any) -> Any:
    return "…" if value is None else words.number(100 * value, 0)


def ica_filters(seen: Seen, words: Say) -> Any:
    found, _ = resources.aside(ica, experiment.data)
    return figures.tiles(found, columns=COLUMNS, signed=True, say=words)


def kept(seen: Seen, words: Say) -> Any:
    x, k = seen.held_out.inputs[:PICTURES], seen.choices["kept"]
    whole, found = views.clamped(seen.model, x, []), views.keep_strongest(seen.model, x, k)
    rebuilt = {words("sparse.all"): whole, words("sparse.only", k=k): found}
    return show.rebuilt(seen, words, words("sparse.original"), x, rebuilt)


def clamped_set(seen: Seen, words: Say) -> Any:
    x, units, held = seen.held_out.inputs[:PICTURES], seen.choices["clamped"], seen.choices["held"]
    ends = views.extremes(seen.model, seen.held_out.inputs, units)[held]
    whole, found = views.clamped(seen.model, x, []), views.clamped(seen.model, x, units, ends)
    rebuilt = {words("sparse.all"): whole, words(f"sparse.set_{held}", count=len(units)): found}
    return show.rebuilt(seen, words, words("sparse.original"), x, rebuilt)


def toggled(units: tuple[int, ...], unit: int) -> Any:
    """Return a set of units with one put in or taken out."""
    return tuple(one for one in units if one != unit) if unit in units else (*units, unit)


def pictures(seen: Seen) -> None:
    words, count = say.words(), seen.model.n_latent
    unit = Knob(1, low=1, high=count)
    clamped = Knob((), low=1, high=count, most=count)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = view.choose("order", Knob("number", options=("number", "average", "weight")))
        click = view.choose("click", Knob("room", options=("room", "set")))
        if (experiment.data.name, method.rule) != ("patches", "topk"):
            see_edges()
    units = tuple(one - 1 for one in dict.fromkeys(view.chosen("clamped", clamped)))
    live = seen.choose(by=by, unit=view.chosen("unit", unit) - 1, clamped=units)
    seen = show.standing(live)

    def press(x: float, y: float) -> None:
        place, order = int(x) + COLUMNS * int(y), ranked(live.model, by)
        if place < len(order) and click == "room":
            view.keep("unit", order[place] + 1, unit.default)
        elif place < len(order):
            view.keep("clamped", toggled(view.chosen("clamped", clamped), order[place] + 1), ())

    st.markdown(words("sparse.filters"))
    show.row(live, filters, height=520, on_click=press)
    room(seen)
    st.header(words("sparse.every"), anchor=False)
    show.row(seen, averages, activations)
    show.row(seen, error, biases)
    done = seen.state.stage == "done" and not seen.travelled
    if done and method.rule in ("bias", "kl") and seen.error and seen.pca_error and seen.error > seen.pca_error:
        show.sentence(seen, above_pca)
    if experiment.data.name == "patches" and seen.state.is_final:
        known = resources.aside(ica, experiment.data)
        share = resources.aside(gabor_share, experiment, seen.step)
        show.facts(seen.choose(gabors=share, ica=known and known[1]), gabors)
        if known:
            show.row(seen, ica_filters, height=260)
    st.header(words("sparse.sets"), anchor=False)
    show.row(seen.choose(kept=view.choose("keep", Knob(min(8, count), low=0, high=count))), kept, height=420)
    st.markdown(words("sparse.set_lead"))
    left, right = st.columns((3, 1))
    with left:
        units = view.choose("clamped", clamped, placeholder=words("sparse.set_empty"), format_func=words.number)
    with right:
        held = view.choose("held", Knob("off", options=("off", "on")))
    if units:
        show.row(seen.choose(held=held, clamped=tuple(one - 1 for one in units)), clamped_set, height=420)


watch.training(experiment, pictures)
say.more("sparse")
