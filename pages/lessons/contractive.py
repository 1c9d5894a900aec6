"""The contractive autoencoder beside the same net without the penalty, trained together."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.experiment import Experiment
from aecore.knobs import Knob
from aecore.methods import Contractive
from aecore.text import Say
from pages._ui import say, show, turn, view, watch
from pages._ui.seen import Seen, see
from pages._ui.show import Fact

DISTANCES = np.geomspace(0.1, 20, 12)
DIRECTIONS = 8
leading = Knob(1, low=1, high=DIRECTIONS)
SLID = np.linspace(-4, 4, 9)
COLLAPSED = 1e-3  # of the sum of the singular values of the same net without the penalty

say.lesson("contractive")
experiment = turn.experiment(
    method="contractive",
    data=("mnist", "fashion_mnist", "digits", "patches", "sprites"),
    net=("mlp", "conv"),
    looks=("input", "direction"),
)


def without(one: Experiment) -> Any:
    """Return the same without the penalty, whatever else was turned on the way."""
    plain = one.fresh.vary(strength=0.0)
    if not one.start:
        return plain
    ancestor, step = one.start
    before = without(ancestor)
    return before if before.fresh == plain else replace(plain, start=(before, step))


plain = without(experiment)
others = () if plain == experiment else (plain,)


def both(seen: Seen, words: Say) -> Any:
    """Return this run and, once it has begun, the one without the penalty, each by its name in the legend."""
    named = {words("contractive.with", strength=words.plain(cast(Contractive, experiment.method).strength)): seen}
    beside = {words("contractive.without"): see(other) for other in others}
    return named | {name: one for name, one in beside.items() if one.step or not seen.step}


def error(seen: Seen, words: Say) -> Any:
    return show.errors(both(seen, words), words, marks=show.turns(seen, words))


def spectrum(seen: Seen, words: Say) -> Any:
    curves = {name: one.singular_values for name, one in both(seen, words).items()}
    ranks = range(1, 1 + len(next(iter(curves.values()))))
    axes = (words("contractive.rank"), words("contractive.value"))
    return figures.lines(ranks, curves, title=words("contractive.spectrum"), axes=axes, log=True, say=words)


def ratio(seen: Seen, words: Say) -> Any:
    x = seen.held_out.inputs[:200]
    curves = {name: views.contraction_ratio(one.model, x, DISTANCES) for name, one in both(seen, words).items()}
    axes = (words("contractive.distance"), words("contractive.moved"))
    return figures.lines(DISTANCES, curves, title=words("contractive.ratio"), axes=axes, log=True, say=words)


def shares(seen: Seen, words: Say) -> list[Fact]:
    found = []
    for name, one in both(seen, words).items():
        values = one.singular_values
        share = words.number(100 * values[:10].sum() / max(values.sum(), 1e-12), 0)
        lost = "…" if one.error is None else words.number(one.error)
        found.append(
            Fact(
                name,
                words("contractive.share", share=share),
                words("contractive.meaning", error=lost, sum=float(values.sum())),
            )
        )
    return found


def directions(seen: Seen, words: Say) -> Any:
    found = views.tangents(seen.model, chosen(seen), DIRECTIONS)
    return figures.tiles(found.directions, columns=DIRECTIONS, signed=True, chosen=seen.choices["direction"], say=words)


def sliding(seen: Seen, words: Say) -> Any:
    x = chosen(seen)
    direction = views.tangents(seen.model, x, DIRECTIONS).directions[seen.choices["direction"]]
    rows = views.shown(views.slide(seen.model, x, direction, SLID), experiment.data.value_range)
    lengths = [words.number(length, 0) for length in SLID]
    names = [words("contractive.moved_input", low=lengths[0], high=lengths[-1]), words("contractive.rebuilt")]
    return figures.rows(rows, names=names, say=words)


def chosen(seen: Seen) -> Any:
    return seen.held_out.inputs[seen.choices["input"]]


def collapsed(seen: Seen) -> Any:
    """Whether the code no longer depends on the input."""
    if not others or not seen.step or not see(plain).step:
        return False
    return seen.singular_values.sum() < COLLAPSED * see(plain).singular_values.sum()


def choose(x: float, y: float) -> None:
    view.keep("direction", min(int(x), DIRECTIONS - 1) + 1, leading.default)


def pictures(seen: Seen) -> None:
    words, seen = say.words(), show.standing(seen)
    if seen.state.is_final and collapsed(seen):
        st.warning(words("contractive.collapsed"), icon=":material/compress:")
    show.row(seen, error, spectrum)
    if seen.step:
        show.facts(seen, shares)
    show.row(seen, ratio)
    st.header(words("contractive.tangents"), anchor=False)
    st.markdown(words("contractive.tangents_lead"))
    seen = seen.choose(
        input=view.choose("input", view.of_inputs()) - 1, direction=view.chosen("direction", leading) - 1
    )
    show.row(seen, directions, height=200, on_click=choose)
    show.row(seen, sliding)


watch.training(experiment, pictures, together=others)
say.more("contractive")
