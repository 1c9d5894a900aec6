"""The denoising autoencoder: a spoilt input, a clean target; in the plane, the score of the density."""

import streamlit as st

from aecore import figures, views
from pages._ui import resources, say, show, steer, turn, watch
from pages._ui.seen import see

LEVELS = (0.2, 0.5, 0.8)  # of the noise that the runs beside this one are trained on
SHOWN = [i / 20 for i in range(21)]  # levels that can be tried on the pictures
TESTED = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
BASELINES = ("wiener", "median", "non_local_means")
SMALL = 1000  # steps of each run beside this one, at most
COLUMNS = 8

say.lesson("denoising")
experiment = turn.experiment(
    method="denoising", data=("mnist", "fashion_mnist", "digits", "patches", "sprites", "spiral", "moons", "ring")
)
planar = len(experiment.data.shape) == 1
method = experiment.method
beside = experiment.fresh.vary(steps=min(SMALL, experiment.fit.steps)).sweep(level=LEVELS)


def error(seen, words):
    return show.error(seen, words, score="denoised_error", title=words("denoising.error"))


def denoised(seen, words):
    x = seen.held_out.inputs[:COLUMNS]
    noise = seen.choices["noise"]
    known = {name: one for name in BASELINES if (one := denoiser(name, noise))}
    found = views.denoised(seen.model, experiment.data, x, method.corruption, noise, known)
    ratios, likenesses = found.psnr.mean(1), found.ssim.mean(1)
    names = [
        words(f"denoising.{name}")
        + ("" if not row else words("denoising.quality", psnr=ratios[row], ssim=likenesses[row]))
        for row, name in enumerate(found.names)
    ]
    return figures.rows(found.pictures, names=names, errors=found.psnr, say=words)


def noise_curve(seen, words):
    data, corruption = experiment.data, method.corruption
    runs = {method.level: seen} | {one.method.level: see(one) for one in beside if one.method.level != method.level}
    curves = {
        words("denoising.trained_at", level=words.plain(level)): views.psnr_curve(one.model, data, corruption, TESTED)
        for level, one in runs.items()
        if one.step or one is seen
    }
    linear = {words("denoising.noisy"): views.psnr_curve(None, data, corruption, TESTED)}
    linear |= {words(f"denoising.{name}"): curve for name in BASELINES if (curve := baseline(name)) is not None}
    return figures.lines(
        TESTED,
        curves | linear,
        title=words("denoising.curve"),
        axes=(words("denoising.test_noise"), "PSNR, dB"),
        baselines=list(linear),
        marks={seen.choices["noise"]: words("denoising.shown")},
        say=words,
    )


def denoiser(name, level):
    return resources.aside(views.denoiser, name, experiment.data, method.corruption, level)


def baseline(name):
    return resources.aside(views.baseline_curve, name, experiment.data, method.corruption, TESTED)


def filters(seen, words):
    return figures.tiles(views.filters(seen.model, layer=0)[: COLUMNS**2], columns=COLUMNS * 2, signed=True, say=words)


def field(seen, words):
    found = views.field(seen.model, experiment.data, method.level)
    path = views.walk(seen.model, seen.choices["dropped"])
    title = words("denoising.field", cosine=found.cosine)
    return figures.field(
        found.low,
        found.high,
        found.places,
        found.arrows,
        found.density,
        true=found.true,
        path=path,
        title=title,
        say=words,
    )


def cosines(seen, words):
    steps = seen.kept
    found = [views.cosine(seen.at(step), experiment.data, method.level) for step in steps]
    return figures.lines(
        steps,
        {words("denoising.cosine"): found},
        title=words("denoising.cosines"),
        axes=(words("figure.error.x"), words("denoising.cosine")),
        span=(0, experiment.fit.steps),
        say=words,
    )


def drop(x, y):
    st.session_state.dropped = (x, y)


def in_the_plane(seen):
    seen = seen.choose(dropped=st.session_state.get("dropped", (0.2, 0.9)))
    st.markdown(say.words()("denoising.drop"))
    show.row(seen, field, height=560, on_click=drop)
    show.row(seen, error, cosines)


def of_pictures(seen):
    words = say.words()
    asked = {"format_func": words.plain, "key": "noise", "help": words("denoising.test_help")}
    noise = st.select_slider(words("denoising.test_noise"), sorted({*SHOWN, method.level}), method.level, **asked)
    known = [denoiser(name, noise) is not None for name in BASELINES]
    seen = seen.choose(noise=noise, known=sum(known) + sum(baseline(name) is not None for name in BASELINES))
    if method.corruption != "gaussian" and max(noise, method.level) == 1:
        st.warning(words("denoising.erased"), icon=":material/visibility_off:")
    show.row(seen, denoised, error, height=620)
    steer.sweep_buttons("denoising", beside)
    show.row(seen, noise_curve, every=2)
    if experiment.net.name != "conv":
        st.header(words("denoising.filters"), anchor=False)
        st.markdown(words("denoising.filters_lead"))
        show.row(seen, filters, every=1)


watch.training(experiment, in_the_plane if planar else of_pictures, beside=() if planar else beside)
say.more("denoising")
