"""The denoising autoencoder: a spoilt input, a clean target; in the plane, the score of the density."""

from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.datasets.mixture import Mixture
from aecore.knobs import Knob
from aecore.methods import Denoising
from aecore.text import Say
from pages._ui import resources, say, show, steer, turn, view, watch
from pages._ui.seen import Seen, see

LEVELS = (0.2, 0.5, 0.8)  # of the noise that the runs beside this one are trained on
TESTED = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
BASELINES = ("wiener", "median", "non_local_means")
SMALL = 1000  # steps of each run beside this one, at most
COLUMNS = 8

say.lesson("denoising")
experiment = turn.experiment(
    method="denoising",
    data=("mnist", "fashion_mnist", "digits", "patches", "sprites", "spiral", "moons", "ring"),
    looks=("test_noise", "across", "up"),
)
planar = len(experiment.data.shape) == 1
method = cast(Denoising, experiment.method)
# A row of a table has no neighbours to look at, as these filters do.
baselines = BASELINES if min(experiment.data.shape) > 1 else BASELINES[:1]
noise = Knob(method.level, low=0.0, high=1.0, step=0.05)
across, up = Knob(0.2, low=-2.0, high=2.0), Knob(0.9, low=-2.0, high=2.0)  # of the point that is dropped
beside = experiment.fresh.vary(steps=min(SMALL, experiment.fit.steps)).sweep(level=LEVELS)


def error(seen: Seen, words: Say) -> Any:
    return show.error(seen, words, score="denoised_error", title=words("denoising.error"))


def denoised(seen: Seen, words: Say) -> Any:
    x = seen.held_out.inputs[:COLUMNS]
    level = seen.choices["noise"]
    known = {name: one for name in baselines if (one := denoiser(name, level))}
    found = views.denoised(seen.model, experiment.data, x, method.corruption, level, known)
    ratios, likenesses = found.psnr.mean(1), found.ssim.mean(1)
    names = [
        words(f"denoising.{name}") + ("" if not row else quality(words, psnr=ratios[row], ssim=likenesses[row]))
        for row, name in enumerate(found.names)
    ]
    return figures.rows(found.pictures, names=names, errors=found.psnr, say=words)


def quality(words: Say, *, psnr: float, ssim: float) -> str:
    found = {"psnr": psnr} if np.isnan(ssim) else {"psnr": psnr, "ssim": ssim}
    return words("denoising.quality_row" if np.isnan(ssim) else "denoising.quality", **found)


def noise_curve(seen: Seen, words: Say) -> Any:
    data, corruption = experiment.data, method.corruption
    runs = {method.level: seen}
    runs |= {level: see(one) for level, one in zip(LEVELS, beside, strict=True) if level != method.level}
    curves = {
        words("denoising.trained_at", level=words.plain(level)): views.psnr_curve(one.model, data, corruption, TESTED)
        for level, one in runs.items()
        if one.step or one is seen
    }
    others = {"noisy": views.psnr_curve(None, data, corruption, TESTED)}
    others |= {name: curve for name in baselines if (curve := baseline(name)) is not None}
    return figures.lines(
        TESTED,
        curves | {words(f"denoising.{name}"): curve for name, curve in others.items()},
        title=words("denoising.curve"),
        axes=(words("knob.test_noise.label"), words("photo.psnr")),
        baselines={words(f"denoising.{name}"): name for name in others},
        marks={seen.choices["noise"]: words("denoising.shown")},
        say=words,
    )


def denoiser(name: str, level: float) -> Any:
    return resources.aside(views.denoiser, name, experiment.data, method.corruption, level)


def baseline(name: str) -> Any:
    return resources.aside(views.baseline_curve, name, experiment.data, method.corruption, TESTED)


def filters(seen: Seen, words: Say) -> Any:
    return figures.tiles(views.filters(seen.model, layer=0)[: COLUMNS**2], columns=COLUMNS * 2, signed=True, say=words)


def field(seen: Seen, words: Say) -> Any:
    found = views.field(seen.model, cast(Mixture, experiment.data), method.level)
    path = views.walk(seen.model, seen.choices["dropped"])
    look: dict[str, Any] = {
        "title": words("denoising.field"),
        "unit": words("denoising.field_cosine", cosine=found.cosine),
    }
    arrows = (found.low, found.high, found.places, found.arrows, found.density)
    return figures.field(*arrows, true=found.true, path=path, say=words, **look)


def cosines(seen: Seen, words: Say) -> Any:
    steps = seen.kept
    found = [views.cosine(seen.at(step), cast(Mixture, experiment.data), method.level) for step in steps]
    return figures.lines(
        steps,
        {words("denoising.cosine"): found},
        title=words("denoising.cosines"),
        axes=(words("figure.error.x"), words("denoising.cosine")),
        span=(0, experiment.fit.steps),
        say=words,
    )


def drop(x: float, y: float) -> None:
    view.keep("across", round(x, 3), across.default)
    view.keep("up", round(y, 3), up.default)


def in_the_plane(seen: Seen) -> None:
    seen = seen.choose(dropped=(view.chosen("across", across), view.chosen("up", up)))
    st.markdown(say.words()("denoising.drop"))
    show.row(seen, field, height=560, on_click=drop)
    show.row(seen, error, cosines)


def of_pictures(seen: Seen) -> None:
    words = say.words()
    level = view.choose("test_noise", noise)
    known = [denoiser(name, level) is not None for name in baselines]
    seen = seen.choose(noise=level, known=sum(known) + sum(baseline(name) is not None for name in baselines))
    if method.corruption in ("masking", "salt_and_pepper") and max(level, method.level) == 1:
        st.warning(words("denoising.erased"), icon=":material/visibility_off:")
    show.row(seen, denoised, error, height=620)
    st.caption(words("denoising.means", shown=COLUMNS, count=views.AVERAGED))
    steer.sweep_buttons("denoising", beside)
    seen = show.standing(seen, 2)
    show.row(seen, noise_curve)
    if experiment.net.name != "conv":
        st.header(words("denoising.filters"), anchor=False)
        st.markdown(words("denoising.filters_lead"))
        show.row(seen, filters)


watch.training(experiment, in_the_plane if planar else of_pictures, beside=() if planar else beside)
say.more("denoising")
