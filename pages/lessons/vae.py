"""The variational autoencoder: codes that are distributions, kept near a prior from which one can draw."""

from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.knobs import Knob
from aecore.networks import GaussianAutoencoder
from aecore.text import Say
from pages._ui import latent_pad, resources, say, show, turn, view, watch
from pages._ui.seen import Seen, importance_bound

COLUMNS = 10
SIDE = 12  # pictures along each side of the manifold
ELLIPSES = 120
DRAWN = 20  # samples from the prior
COUNTS = (1, 5, 10, 50, 100, 500, 1000, 5000)  # each divides the next
LIVE = 4  # of them while a run is under way
WEIGHED = 100  # held-out inputs behind the importance-weighted bound

say.lesson("vae")
experiment = turn.experiment(
    method="vae",
    data=("mnist", "fashion_mnist", "digits", "sprites", "patches"),
    looks=("plane", "place", "printed", "draw", "one", "other", "moved"),
)
others = Knob(0, low=0, high=9999)  # draws from the prior, by number


def bound(seen: Seen, words: Say) -> Any:
    steps = [event.step for event in seen.history]
    names = ("bound", "distortion", "kl")
    curves = {words(f"vae.{name}"): [event.scores[f"watched_{name}"] for event in seen.history] for name in names}
    return show.curves(seen, words, steps, curves, title=words("vae.terms"), unit=words("vae.nats"))


def rebuilt(seen: Seen, words: Say) -> Any:
    shown = views.beside_pca(seen.model, seen.held_out.inputs[:COLUMNS], None, experiment.data.value_range)
    names = [words("vae.original"), words("vae.rebuilt")]
    return figures.rows(shown.pictures, names=names, errors=shown.errors, say=words)


def printed(seen: Seen, words: Say) -> Any:
    """Return the latest scores as others print them, an equation a line."""
    scores = seen.history[-1].scores
    terms = scores["watched_distortion"], scores["watched_kl"]
    found = views.conventions(*terms, features=int(np.prod(experiment.data.shape)), latents=seen.model.n_latent)
    lines = []
    for one in found:
        name = words(f"vae.printed_{one.convention}")
        lines.append(words("vae.printed_line", **{**one._asdict(), "convention": name}))
    return "\n".join([words("vae.printed_head"), "", *lines])


def named(seen: Seen, words: Say, latent: int) -> str:
    return say.latent_kl(latent, float(seen.posteriors.kl[latent]), words)


def posteriors(seen: Seen, words: Say) -> Any:
    found = seen.posteriors
    first, second = seen.choices["pair"][0], seen.choices["pair"][-1]
    means, deviations = found.means[:, [first, second]], found.deviations[:ELLIPSES, [first, second]]
    return figures.posteriors(
        means,
        deviations,
        seen.held_out.labels,
        label_names=say.classes(experiment.data, words),
        axes=(named(seen, words, first), named(seen, words, second)),
        title=words("vae.codes"),
        say=words,
    )


def manifold(seen: Seen, words: Say) -> Any:
    found = views.manifold(seen.model, seen.choices["pair"], SIDE)
    return figures.tiles(views.shown([found], experiment.data.value_range)[0], columns=SIDE, say=words)


def fresh(seen: Seen, words: Say) -> Any:
    found = views.fresh(seen.model, DRAWN, seen.choices["draw"])
    return figures.tiles(views.shown([found], experiment.data.value_range)[0], columns=COLUMNS, say=words)


def between(seen: Seen, words: Say) -> Any:
    x = seen.held_out.inputs[[seen.choices["one"], seen.choices["other"]]]
    rows = views.shown(views.between(seen.model, x, COLUMNS), experiment.data.value_range)
    return figures.rows(rows, names=[words("vae.through_z"), words("vae.through_pixels")], say=words)


def divergences(seen: Seen, words: Say) -> Any:
    return show.divergences(seen, words, chosen=seen.choices["latent"])


def moved(seen: Seen, words: Say) -> Any:
    x = seen.held_out.inputs
    found = views.traversals(cast(GaussianAutoencoder, seen.model), x, start=x[seen.choices["one"]], count=COLUMNS)
    order = found.latents.tolist()
    rows = sorted({0, order.index(seen.choices["latent"]), len(order) - 1})
    low, high = words.number(float(found.values.min()), 1), words.number(float(found.values.max()), 1)
    names = [words("vae.moved", latent=named(seen, words, order[row]), low=low, high=high) for row in rows]
    return figures.rows(views.shown(found.pictures[rows], experiment.data.value_range), names=names, say=words)


def weighted(seen: Seen, words: Say) -> Any:
    known = seen.choices["weighed"]
    found = known or importance_bound(experiment, seen.step, COUNTS[:LIVE], WEIGHED)
    one = words("vae.one_sample")
    curves = {words("vae.weighted"): found, one: np.full(len(COUNTS), found[0])}
    title = words("vae.likelihood_title", bound=words.number(found[-1], 2), k=COUNTS[len(found) - 1])
    look: dict[str, Any] = {
        "axes": (words("vae.samples"), words("vae.nats_pixels")),
        "baselines": {one: "reference"},
        "spread": True,
    }
    return figures.lines(COUNTS, curves, title=title, say=words, **look)


def weigh(step: int) -> None:
    st.session_state.weighed = (experiment.key, step)


def first(seen: Seen) -> None:
    show.row(show.standing(seen, 0.4), bound, rebuilt)


def pictures(seen: Seen) -> None:
    words, seen = say.words(), show.standing(seen)
    if seen.history and view.choose("printed", Knob(False)):
        show.sentence(seen, printed)
        st.caption(words("vae.printed_beta", features=int(np.prod(experiment.data.shape))))

    # In their own order, so that the plane stays as it is when the two change places by their divergence.
    seen = seen.choose(pair=tuple(sorted(seen.posteriors.order[:2].tolist())))
    first, second = (named(seen, words, seen.choices["pair"][i]) for i in (0, -1))
    st.markdown(words("vae.manifold", first=first, second=second))
    show.row(seen, posteriors, manifold, height=460)

    st.header(words("vae.walk"), anchor=False)
    lead = words("vae.walk_lead")
    st.markdown(f"{lead} {words('vae.walk_hold')}" if seen.model.n_latent > 2 else lead)
    walked = latent_pad.walk(seen)
    show.row(walked, latent_pad.near)

    st.header(words("vae.prior"), anchor=False)
    if st.button(words("vae.draw"), key="draw_others", icon=":material/casino:"):
        view.keep("draw", (view.chosen("draw", others) + 1) % (others.high + 1), others.default)
    show.row(seen.choose(draw=view.chosen("draw", others)), fresh, height=200)

    st.header(words("vae.between"), anchor=False)
    for place, name, usual in zip(st.columns(2), ("one", "other"), (1, 3), strict=True):
        with place:
            seen = seen.choose(**{name: view.choose(name, view.of_inputs(usual)) - 1})
    show.row(seen, between)

    st.header(words("vae.use"), anchor=False)
    st.markdown(words("vae.use_lead"))
    order = seen.posteriors.order.tolist()
    latent = Knob(order[len(order) // 2] + 1, low=1, high=len(order))
    seen = seen.choose(latent=view.chosen("moved", latent) - 1)

    def move(x: float, _: float) -> None:
        view.keep("moved", order[min(max(round(x), 0), len(order) - 1)] + 1, latent.default)

    show.row(seen, divergences, on_click=move)
    show.row(seen, moved)
    st.markdown(words("vae.sliders"))
    start = tuple(seen.posteriors.means[seen.choices["one"]].tolist())
    latent_pad.sliders(seen.model, seen.held_out, experiment.data, key="sliders", words=words, z=start)

    st.header(words("vae.likelihood"), anchor=False)
    st.markdown(words("vae.likelihood_lead"))
    # Of a run under way the moment would be gone before it is weighed.
    rests = seen.state.is_final
    whole = bool(rests and seen.history and not seen.travelled)
    asked = rests and st.session_state.get("weighed") == (experiment.key, seen.step)
    if rests and not (whole or asked):
        at: dict[str, Any] = {"key": "weigh", "icon": ":material/balance:", "on_click": weigh, "args": (seen.step,)}
        st.button(words("vae.weigh", k=COUNTS[-1]), **at)
    known = resources.aside(importance_bound, experiment, seen.step, COUNTS, WEIGHED) if whole or asked else None
    said = "weighed" if known or (rests and not (whole or asked)) else "weighing" if rests else "weighed_live"
    st.caption(words(f"vae.{said}", k=COUNTS[-1], inputs=WEIGHED))
    show.row(seen.choose(weighed=known), weighted)


watch.training(experiment, pictures, first=first)
say.more("vae")
