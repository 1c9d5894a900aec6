"""Noise removal: a model trained on small crops takes the noise off whole photographs."""

from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import views
from aecore.tasks import NoiseRemoval
from aecore.text import Say
from pages._ui import photo, resources, say, show, turn, watch
from pages._ui.seen import Seen, denoised_eight_ways

OTHERS = ("wiener", "non_local_means")

say.lesson("noise_removal")
experiment = turn.experiment(
    task="noise_removal",
    method=("undercomplete", "contractive", "sparse", "vae", "beta_vae"),
    data=("photos",),
    net=("unet", "maps", "conv", "mlp"),
    looks=("photo",),
)
noise = cast(NoiseRemoval, experiment.task).noise


def crops_ratio(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="psnr", title=words("photo.ratio"), unit=words("photo.psnr"))


def denoised_photo(seen: Seen, words: Say) -> Any:
    clean = views.photo(seen.choices["photo"])
    noisy = views.noisy_photo(clean, noise)
    found = {"noisy": noisy, "rebuilt": views.restored(seen.of_pictures, noisy)}
    found |= {} if (better := eight_ways(seen, seen.choices["photo"])) is None else {"eight_ways": better}
    found |= otherwise(seen.choices["photo"]) or {}
    return photo.beside({**found, "clean": clean}, clean, words, names="noise_removal")


def otherwise(name: str) -> Any:
    return resources.aside(views.denoised_otherwise, name, noise)


def eight_ways(seen: Seen, name: str) -> Any:
    """Return what comes of asking a finished run in eight ways, ``None`` until it is known."""
    ends = seen.state.is_final and seen.step and not seen.travelled
    return resources.aside(denoised_eight_ways, experiment, seen.step, name) if ends else None


def scores(seen: Seen, words: Say) -> Any:
    rows: dict[str, dict[str, float]] = {}
    for name in photo.which().options:
        clean = views.photo(name)
        noisy = views.noisy_photo(clean, noise)
        found = {"noisy": noisy, **(otherwise(name) or {}), "rebuilt": views.restored(seen.of_pictures, noisy)}
        column = words(f"option.photo.{name}")
        for row, picture in found.items():
            rows.setdefault(words(f"noise_removal.{row}"), {})[column] = views.likeness(picture, clean).psnr
        if not seen.travelled:
            better = eight_ways(seen, name)
            ratio = np.nan if better is None else views.likeness(better, clean).psnr
            rows.setdefault(words("noise_removal.eight_ways"), {})[column] = ratio
    return rows


def own(seen: Seen, picture: np.ndarray) -> Any:
    noisy = views.noisy_photo(picture, noise) if seen.choices["spoil"] else picture
    return {"noisy": noisy, "rebuilt": views.restored(seen.of_pictures, noisy)}


def draw(seen: Seen) -> None:
    words = say.words()
    name = photo.choose()
    known = sum(otherwise(one) is not None for one in photo.which().options)
    asked = sum(eight_ways(seen, one) is not None for one in photo.which().options)
    seen = seen.choose(photo=name, known=known, asked=asked)
    photo.held_out(seen, denoised_photo)
    show.row(seen, crops_ratio)
    if seen.state.is_final and known == len(photo.which().options):
        st.header(words("photo.scores"), anchor=False)
        show.scores(show.made(scores, seen), words, unit=words("photo.psnr"))
        st.caption(words("noise_removal.scores"))
    st.header(words("photo.own_heading"), anchor=False)
    spoil = st.toggle(
        words("noise_removal.spoil", noise=words.plain(noise)), key="spoil", help=words("noise_removal.spoil_help")
    )
    photo.own(seen.choose(spoil=spoil), own, words, names="noise_removal")


watch.training(experiment, draw)
say.more("noise_removal")
