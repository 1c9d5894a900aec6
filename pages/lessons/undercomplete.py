"""The undercomplete autoencoder beside PCA, always at the same code size."""

from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.text import Say
from pages._ui import latent_pad, say, show, steer, turn, watch
from pages._ui.seen import Seen, see
from pages._ui.show import Fact

SIZES = (1, 2, 4, 8, 16, 32, 64)
SMALL = 600  # steps of each run of the sweep, at most
COLUMNS = 10

say.lesson("undercomplete")
experiment = turn.experiment(
    method="undercomplete", data=("mnist", "fashion_mnist", "digits", "patches", "sprites"), looks=("plane", "place")
)
small = experiment.fresh.vary(steps=min(SMALL, experiment.fit.steps))
tried = [size for size in SIZES if size <= small.knobs["latent"].high]
swept = [small.vary(latent=size) for size in tried]


def error(seen: Seen, words: Say) -> Any:
    return show.error(seen, words, baseline=seen.pca_error)


def rows(seen: Seen, words: Say) -> Any:
    shown = views.beside_pca(seen.model, seen.held_out.inputs[:COLUMNS], seen.pca, experiment.data.value_range)
    names = [words(f"undercomplete.{name}") for name in ("original", "autoencoder", "pca")][: len(shown.pictures)]
    return figures.rows(shown.pictures, names=names, errors=shown.errors, say=words)


def codes(seen: Seen, words: Say) -> Any:
    return scatter(views.codes(seen.model, seen.held_out.inputs), words("undercomplete.codes"), seen, words)


def codes_pca(seen: Seen, words: Say) -> Any:
    assert seen.pca
    codes = seen.pca.encode(seen.held_out.inputs, seen.model.n_latent).numpy()
    return scatter(codes, words("undercomplete.codes_pca"), seen, words)


def scatter(codes: np.ndarray, title: str, seen: Seen, words: Say) -> Any:
    plane = views.plane(codes)
    key = "undercomplete.axis_direction" if plane.projected else "undercomplete.axis_code"
    right, up = (
        words(key, i=i, name=say.latent(i - 1, gaussian=False), share=words.number(100 * share, 0))
        for i, share in enumerate(plane.shares, 1)
    )
    names = say.classes(experiment.data, words)
    return figures.codes(
        plane.points, seen.held_out.labels, label_names=names, axes=(right, up), title=title, say=words
    )


def sizes(seen: Seen, words: Say) -> Any:
    runs = {size: see(one) for size, one in zip(tried, swept, strict=True)}
    done = {size: one.error for size, one in runs.items() if one.state.stage == "done" and one.error is not None}
    assert seen.pca_errors is not None
    pca = seen.pca_errors[: SIZES[-1]]
    own = (seen.model.n_latent, seen.error)
    return figures.error_by_size(
        range(1, len(pca) + 1), pca, list(done), list(done.values()), own=own, steps=small.fit.steps, say=words
    )


def angles(seen: Seen, words: Say) -> Any:
    assert seen.pca
    steps = seen.kept
    degrees = [views.angles_to_pca(seen.at(step), seen.pca) for step in steps]
    return figures.angles(steps, degrees, total=experiment.fit.steps, say=words)


def verdict(seen: Seen, words: Say) -> str:
    assert seen.error is not None and seen.pca_error is not None
    gap = seen.pca_error - seen.error
    percent = 100 * gap / seen.pca_error if seen.pca_error else 0
    found = "level" if abs(gap) < 0.01 * seen.pca_error else "below" if gap > 0 else "above"
    if found == "above" and (seen.state.stage != "done" or experiment.net.name == "linear"):
        found = "so_far"
    return words(f"undercomplete.{found}", gap=abs(gap), percent=words.number(percent, 0))


def properties(seen: Seen, words: Say) -> list[Fact]:
    def fact(name: str, number: str = "number", meaning: str = "meaning", **numbers: Any) -> Fact:
        key = f"undercomplete.{name}"
        return Fact(words(key), words(f"{key}_{number}", **numbers), words(f"{key}_{meaning}", **numbers))

    found = views.properties(seen.model, seen.held_out)
    agreement, chance, explained = (
        share if share is None else words.number(100 * share, 0)
        for share in (found.agreement, found.chance, found.explained)
    )
    unlabelled = {"meaning": "without"} if agreement is None else {}
    worse = {"number": "nothing", "meaning": "worse"} if found.explained < 0 else {}
    return [
        fact("no_labels", **unlabelled, agreement=agreement, chance=chance),
        fact("features", features=found.features, likeness=found.likeness),
        fact("fewer", inputs=found.inputs, codes=found.codes, ratio=found.inputs / found.codes),
        fact("target", **worse, explained=explained),
    ]


def first(seen: Seen) -> None:
    show.row(seen, error, rows)
    if seen.pca and seen.error is not None:
        show.sentence(seen, verdict)


def pictures(seen: Seen) -> None:
    seen = show.standing(seen)
    if seen.pca:
        show.row(seen, codes, codes_pca)
    else:
        show.row(seen, codes)
    st.header(say.words()("undercomplete.walk"), anchor=False)
    st.markdown(say.words()("undercomplete.walk_lead"))
    walked = latent_pad.walk(seen)
    show.row(walked, latent_pad.near)
    if seen.step:
        st.header(say.words()("undercomplete.four"), anchor=False)
        show.facts(seen, properties)
    if seen.pca:
        st.header(say.words()("undercomplete.sizes"), anchor=False)
        st.markdown(say.words()("undercomplete.sizes_lead"))
        steer.sweep_buttons("undercomplete", swept)
        show.row(seen, *([sizes, angles] if experiment.net.name == "linear" else [sizes]))


watch.training(experiment, pictures, first=first, beside=swept)
say.more("undercomplete")
