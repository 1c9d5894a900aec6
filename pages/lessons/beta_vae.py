"""The β-VAE and its kin: a heavier divergence, and latents that each come to stand for one factor."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from statistics import median
from typing import Any, Literal, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.experiment import Experiment
from aecore.knobs import Knob
from aecore.methods import BetaVae
from aecore.networks import GaussianAutoencoder
from aecore.text import Say
from pages._ui import latent_pad, resources, say, show, steer, turn, view, watch
from pages._ui.seen import Seen, disentangled, see
from pages._ui.show import Fact

SEEDS = 5
SMALL = 1500  # steps of each run of the sweep over the weight, at most
WEIGHTS = {
    "beta": ("beta", (1.0, 2.0, 4.0, 8.0, 16.0)),
    "btcvae": ("beta", (2.0, 4.0, 8.0, 12.0, 20.0)),
    "capacity": ("capacity", (4.0, 7.0, 10.0, 15.0, 20.0)),
    "factor": ("gamma", (1.0, 3.0, 6.0, 12.0, 24.0)),
}  # what trades distortion for divergence in each variant
APART = 0.5  # from which on two measures of one model disagree

say.lesson("beta_vae")
experiment = turn.experiment(
    method="beta_vae", data=("sprites", "mnist", "fashion_mnist"), looks=("range", "start_from")
)
method, fresh = cast(BetaVae, experiment.method), experiment.fresh
weight = "beta" if method.variant in ("beta", "btcvae") else "gamma"
plain = fresh.vary(variant="beta", beta=1.0)
seeds = [fresh.vary(seed=(fresh.seed + i) % 2**31) for i in range(SEEDS)] if experiment.data.sizes else []
short: dict[str, Any] = {"steps": min(SMALL, fresh.fit.steps)}
if method.variant == "capacity":  # rises during the same share of the steps
    short["rise"] = max(round(method.rise * short["steps"] / fresh.fit.steps), 1)
small = fresh.vary(**short)
series = {
    variant: [small.vary(variant=variant, **{knob: value}) for value in values]
    for variant, (knob, values) in WEIGHTS.items()
    if variant in (method.variant, "beta")
}
swept = [*chain.from_iterable(series.values())]


def held_out_distortion(seen: Seen, words: Say) -> Any:
    curves = {words("vae.distortion"): [event.scores["watched_distortion"] for event in seen.history]}
    look: dict[str, Any] = {"title": words("beta_vae.held_out_distortion"), "unit": words("vae.nats_pixels")}
    return show.curves(seen, words, [event.step for event in seen.history], curves, **look)


def held_out_divergence(seen: Seen, words: Say) -> Any:
    steps = [event.step for event in seen.history]
    curves: dict[str, Any] = {words("vae.kl"): [event.scores["watched_kl"] for event in seen.history]}
    look: dict[str, Any] = {"title": words("beta_vae.held_out_divergence"), "unit": words("beta_vae.nats_latents")}
    if method.variant == "capacity" and steps:
        target = words("beta_vae.target")
        curves[target] = led_to(seen.experiment, np.array(steps, float))
        look["baselines"] = {target: "reference"}
    return show.curves(seen, words, steps, curves, **look)


def led_to(one: Experiment, steps: np.ndarray) -> np.ndarray:
    """Return the capacity at steps of a run, with what it was before knobs were turned."""
    risen = cast(BetaVae, one.method).risen
    if not one.start:
        return risen(np.zeros(len(steps)), steps)
    parent, turned = one.start
    after = risen(led_to(parent, np.array([float(turned)])), np.maximum(steps - turned, 0))
    return np.where(steps > turned, after, led_to(parent, steps))


def parts(seen: Seen, words: Say) -> Any:
    """Return the weighted terms of the loss beside the reconstruction's, beside which they would look flat."""
    events = [event for event in seen.history if event.terms]
    names = [name for name in (events[-1].terms if events else ()) if name != "reconstruction"]
    curves = {
        words(f"beta_vae.term_{method.variant}_{name}"): [event.terms[name] for event in events] for name in names
    }
    steps = [event.step for event in events]
    return show.curves(seen, words, steps, curves, title=words("beta_vae.parts"), unit=words("beta_vae.nats_latents"))


def traversed(seen: Seen) -> views.Traversals:
    x, start = seen.held_out.inputs, seen.choices["start"]
    model = cast(GaussianAutoencoder, seen.model)
    return views.traversals(model, x, start=x[start - 1] if start else None, over=seen.choices["range"])


def row_names(found: views.Traversals, words: Say, key: str) -> list[str]:
    """Name each row of traversals with its divergence and its range."""

    def written(i: int, kl: float, low: float, high: float) -> str:
        numbers: dict[str, Any] = {
            "kl": words.number(kl, 2),
            "low": words.number(low, 1),
            "high": words.number(high, 1),
        }
        return words(f"beta_vae.{key}", name=say.latent(i), **numbers)

    ends = found.values[:, [0, -1]].tolist()
    return [written(i, kl, *span) for i, kl, span in zip(found.latents, found.kl, ends, strict=True)]


def traversal(seen: Seen, words: Say) -> Any:
    found = traversed(seen)
    return figures.rows(found.pictures, names=row_names(found, words, "row"), say=words)


def without(seen: Seen) -> Seen:
    """Return the run at β = 1, at the same moment where the visitor went back in time."""
    there = see(plain)
    return there.back(seen.step) if seen.travelled else there


def traversal_plain(seen: Seen, words: Say) -> Any:
    return traversal(without(seen).choose(**seen.choices), words)


def animated(seen: Seen, words: Say, kind: Literal["GIF", "WEBP"]) -> bytes:
    found = traversed(seen)
    return figures.animation(found.pictures, names=row_names(found, words, "tile"), kind=kind)


def measured(one: Experiment, step: int | None = None) -> Any:
    """Return what is measured of a run at a step, by default its last; ``None`` while that is not known."""
    if step is None and steer.state_of(one).stage != "done":
        return None
    return resources.aside(disentangled, one, step or one.fit.steps)


def information(seen: Seen, words: Say) -> Any:
    found, _ = measured(experiment, seen.choices["measured"])
    kl = views.posteriors(seen.at(seen.choices["measured"]), seen.held_out.inputs).kl
    order = np.argsort(-kl, kind="stable")
    rows = [words("beta_vae.latent_kl", name=say.latent(i), kl=words.number(kl[i], 1)) for i in order]
    columns = [words(f"factor.{name}") for name in experiment.data.factors]
    look: dict[str, Any] = {"title": words("beta_vae.information"), "unit": words("beta_vae.information_unit")}
    return figures.matrix(found[order], rows=rows, columns=columns, say=words, **look)


def scores(seen: Seen, words: Say) -> list[Fact]:
    _, found = measured(experiment, seen.choices["measured"])
    others = [known[1] for known in map(measured, seeds) if known]

    def fact(name: str) -> Any:
        spread = sorted(getattr(one, name) for one in others)
        meaning = words(f"beta_vae.{name}_meaning")
        if len(spread) > 1:
            low, middle, high = (words.number(value, 2) for value in (spread[0], median(spread), spread[-1]))
            meaning += " " + words("beta_vae.spread", seeds=len(spread), low=low, median=middle, high=high)
        return Fact(words(f"beta_vae.{name}"), words.number(getattr(found, name), 2), meaning)

    return [*map(fact, found._fields)]


def convention(seen: Seen, words: Say) -> list[Fact]:
    pixels, latents = int(np.prod(experiment.data.shape)), seen.model.n_latent
    meaning = words("beta_vae.effective_meaning", value=words.plain(method.beta), pixels=pixels, latents=latents)
    return [Fact(words("beta_vae.effective"), words.number(method.beta * latents / pixels), meaning)]


def verdict(seen: Seen, words: Say) -> str:
    _, found = measured(experiment, seen.choices["measured"])
    numbers: dict[str, Any] = {"mig": words.number(found.mig, 2), "higgins": words.number(found.higgins, 2)}
    said = "disagree" if found.higgins - found.mig > APART else "agree"
    return words(f"beta_vae.{said}", step=seen.choices["measured"], **numbers)


def ended(words: Say, point: Callable[[Experiment], Any]) -> Any:
    """Give the points of each variant's runs that have ended, by its name in the legend."""

    def label(one: Experiment) -> str:
        knob = WEIGHTS[cast(BetaVae, one.method).variant][0]
        return words("beta_vae.at", sign=words(f"beta_vae.sign_{knob}"), value=words.plain(getattr(one.method, knob)))

    return {
        words(f"option.variant.{variant}"): [
            (*point(one), label(one)) for one in runs if steer.state_of(one).stage == "done" and point(one)
        ]
        for variant, runs in series.items()
    }


def trade(history: Any) -> Any:
    found = history[-1].scores
    return found["watched_kl"], found["watched_distortion"]


def rate_distortion(seen: Seen, words: Say) -> Any:
    own = (*trade(seen.history), words("beta_vae.this_run")) if seen.history else None
    look: dict[str, Any] = {
        "axes": (words("beta_vae.rate"), words("beta_vae.distortion")),
        "title": words("beta_vae.plane", steps=small.fit.steps),
        "empty": words("beta_vae.plane_empty"),
    }
    runs = ended(words, lambda one: trade(resources.run_of(one.key).history))
    return figures.plane(runs, own=own, bound=words("beta_vae.best"), say=words, **look)


def gap_distortion(seen: Seen, words: Say) -> Any:
    def point(one: Experiment) -> Any:
        known = measured(one)
        return known and (trade(resources.run_of(one.key).history)[1], known[1].mig)

    look: dict[str, Any] = {
        "axes": (words("beta_vae.distortion"), words("beta_vae.mig")),
        "title": words("beta_vae.gaps", steps=small.fit.steps),
        "empty": words("beta_vae.gaps_empty"),
    }
    return figures.plane(ended(words, point), say=words, **look)


def first(seen: Seen) -> None:
    seen = show.standing(seen, 0.4)
    show.row(seen, held_out_distortion, held_out_divergence)
    show.row(seen, show.divergences, parts)


def pictures(seen: Seen) -> None:
    words, seen = say.words(), show.standing(seen)

    st.header(words("beta_vae.traversals"), anchor=False)
    st.markdown(words("beta_vae.traversals_lead"))
    left, right = st.columns(2)
    with left:
        seen = seen.choose(range=view.choose("range", Knob("prior", options=("prior", "posterior"))))
    with right:
        write: dict[str, Any] = {"format_func": lambda i: words.number(i) if i else words("beta_vae.origin")}
        seen = seen.choose(start=view.choose("start_from", view.of_inputs(0, low=0), **write))
    if plain == experiment:
        show.row(seen, traversal, height=560)
    else:
        steer.sweep_buttons("beta_vae.plain", [plain])
        here: dict[str, Any] = {
            "name": words(f"option.variant.{method.variant}"),
            "sign": words(f"beta_vae.sign_{weight}"),
        }
        trained = steer.state_of(plain).stage != "absent" and without(seen).step
        left, right = st.columns(2)
        with left:
            st.markdown(words("beta_vae.with", value=words.plain(getattr(method, weight)), **here))
            show.row(seen, traversal, height=560)
        with right:
            st.markdown(words("beta_vae.without_trained" if trained else "beta_vae.without_fresh", step=trained))
            if trained:
                show.row(seen.choose(plain=trained), traversal_plain, height=560)
    with st.container(horizontal=True):
        for kind in ("GIF", "WEBP"):
            about: dict[str, Any] = {
                "mime": f"image/{kind.lower()}",
                "on_click": "ignore",
                "icon": ":material/animation:",
            }
            file = f"traversals.{kind.lower()}"
            st.download_button(words("beta_vae.save", kind=kind), partial(animated, seen, words, kind), file, **about)
    st.markdown(words("beta_vae.sliders"))
    x, start = seen.held_out.inputs, seen.choices["start"]
    z = tuple(views.codes(seen.model, x[start - 1 : start])[0].tolist()) if start else None
    latent_pad.sliders(seen.model, seen.held_out, experiment.data, key="sliders", words=words, z=z)

    st.header(words("beta_vae.measures"), anchor=False)
    if seeds:
        measures(seen, words)
    else:
        st.info(words("beta_vae.no_factors"), icon=":material/help:")
    if method.variant == "beta":
        show.facts(seen, convention)

    st.header(words("beta_vae.trade"), anchor=False)
    lead = words("beta_vae.trade_lead")
    st.markdown(f"{lead} {words('beta_vae.trade_gap')}" if seeds else lead)
    steer.sweep_buttons("beta_vae.weights", swept)
    seen = seen.choose(known=sum(bool(measured(one)) for one in swept) if seeds else 0)
    show.row(seen, *([rate_distortion, gap_distortion] if seeds else [rate_distortion]))


def measures(seen: Seen, words: Say) -> None:
    st.markdown(words("beta_vae.measures_lead"))
    steer.sweep_buttons("beta_vae.seeds", seeds)
    # The moment of a run under way is gone before it is measured; its keyframes stay.
    under_way = seen.state.stage == "running" and not seen.travelled
    latest = [step for step in (seen.kept[:-1] if under_way else seen.kept) if step][-2:]
    step = next((step for step in reversed(latest) if measured(experiment, step)), None)
    if step is None:
        st.caption(words("beta_vae.measuring" if seen.step else "beta_vae.train_first"))
        return
    seen = seen.choose(measured=step, seeds=sum(bool(measured(one)) for one in seeds))
    show.sentence(seen, verdict)
    show.row(seen, information)
    show.facts(seen, scores)


watch.training(experiment, pictures, first=first, beside=[plain, *seeds, *swept])
say.more("beta_vae")
