"""Segmentation: the same encoder and decoder say of each pixel whether it belongs to an object."""

from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.text import Say
from pages._ui import photo, resources, say, show, turn, view, watch
from pages._ui.seen import Seen, overlaps

COLUMNS = 8
JUDGED = 200  # held-out pictures behind the table
JUDGES = ("rebuilt", "eight_ways", "otsu", "k_means")

say.lesson("segmentation")
experiment = turn.experiment(
    task="segmentation",
    method=("undercomplete", "contractive", "sparse", "vae", "beta_vae"),
    data=("compositions",),
    net=("unet", "maps", "conv", "mlp"),
    looks=("opacity",),
)


def overlap_curve(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="iou", title=words("segmentation.curve"), unit="IoU")


def masks(seen: Seen, words: Say) -> Any:
    samples = seen.held_out.at(slice(COLUMNS))
    found = views.segmented(seen.model, samples.inputs, samples.targets)
    names = [words(f"segmentation.{name}") for name in found.names]
    return figures.rows(found.pictures, names=names, errors=found.iou, say=words)


def scores(seen: Seen, words: Say) -> Any:
    found = resources.aside(overlaps, experiment, seen.step, JUDGED)
    iou, dice = words("segmentation.iou"), words("segmentation.dice")
    if found is None:
        return {words(f"segmentation.{name}"): {iou: np.nan, dice: np.nan} for name in JUDGES}
    return {
        words(f"segmentation.{name}"): {iou: float(row.mean()), dice: float((2 * row / (1 + row)).mean())}
        for name, row in found.items()
    }


def marked(seen: Seen, picture: np.ndarray) -> Any:
    """Return a picture, and the same with what the network and Otsu's threshold find marked."""
    opacity, grey = seen.choices["opacity"], picture if picture.ndim == 2 else picture.mean(2)
    return {
        "picture": picture,
        "rebuilt": views.overlaid(picture, views.mask_of(seen.of_pictures, picture), opacity),
        "otsu": views.overlaid(picture, views.otsu(grey), opacity),
    }


def marked_coins(seen: Seen, words: Say) -> Any:
    return photo.beside(marked(seen, views.picture_to_segment("coins")), None, words, names="segmentation")


def marked_cell(seen: Seen, words: Say) -> Any:
    return photo.beside(marked(seen, views.picture_to_segment("cell")), None, words, names="segmentation")


def draw(seen: Seen) -> None:
    words = say.words()
    show.row(seen, masks, overlap_curve, height=620)
    if seen.state.is_final and seen.step and not seen.travelled:
        st.header(words("photo.scores"), anchor=False)
        show.scores(scores(seen, words), words, unit=words("segmentation.judged", count=JUDGED))
        st.caption(words("segmentation.scores"))
    st.header(words("segmentation.whole"), anchor=False)
    st.markdown(words("segmentation.whole_lead"))
    seen = seen.choose(opacity=view.choose("opacity", photo.opacity()))
    for place, make in zip(st.columns(2), (marked_coins, marked_cell), strict=True):
        with place:
            photo.held_out(seen, make)
    st.header(words("photo.own_heading"), anchor=False)
    photo.own(seen, marked, words, names="segmentation")


watch.training(experiment, draw)
say.more("segmentation")
