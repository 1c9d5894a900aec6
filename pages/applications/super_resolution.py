"""Super-resolution: a model trained on small crops gives whole photographs back what being made small took."""

from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import views
from aecore.tasks import SuperResolution
from aecore.text import Say
from pages._ui import photo, say, show, turn, watch
from pages._ui.seen import Seen

FORMULAS = ("nearest", "lanczos")

say.lesson("super_resolution")
experiment = turn.experiment(
    task="super_resolution",
    method=("undercomplete", "contractive", "sparse", "vae", "beta_vae"),
    data=("photos",),
    net=("maps", "unet", "conv", "mlp"),
    looks=("photo",),
)
factor = cast(SuperResolution, experiment.task).factor


def crops_ratio(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="psnr", title=words("photo.ratio"), unit=words("photo.psnr"))


def enlarged(seen: Seen, fine: np.ndarray) -> Any:
    """Return a photo that was made small, enlarged again by each means."""
    few, size = views.small_photo(fine, factor), fine.shape
    coarse = views.enlarged_photo(few, size)
    formulas = {how: views.enlarged_photo(few, size, how) for how in FORMULAS}
    return {"coarse": coarse, "rebuilt": views.restored(seen.of_pictures, coarse), **formulas}


def enlarged_photo(seen: Seen, words: Say) -> Any:
    fine = views.photo(seen.choices["photo"])
    return photo.beside({**enlarged(seen, fine), "fine": fine}, fine, words, names="super_resolution")


def scores(seen: Seen, words: Say) -> Any:
    rows: dict[str, dict[str, float]] = {}
    for name in photo.which().options:
        fine = views.photo(name)
        for row, picture in enlarged(seen, fine).items():
            column = words(f"option.photo.{name}")
            rows.setdefault(words(f"super_resolution.{row}"), {})[column] = views.likeness(picture, fine).psnr
    return rows


def own(seen: Seen, picture: np.ndarray) -> Any:
    """Return the visitor's picture enlarged: its luminance by the network, its colours by bicubic interpolation."""
    few = views.reduced_colours(picture, factor) if seen.choices["reduce"] else picture
    coarse = views.enlarged_colours(few, factor)
    return {"coarse": coarse, "rebuilt": views.restored_luminance(seen.of_pictures, coarse)}


def draw(seen: Seen) -> None:
    words = say.words()
    seen = seen.choose(photo=photo.choose())
    photo.held_out(seen, enlarged_photo)
    show.row(seen, crops_ratio)
    if seen.state.is_final:
        st.header(words("photo.scores"), anchor=False)
        show.scores(show.made(scores, seen), words, unit=words("photo.psnr"))
        st.caption(words("super_resolution.scores", factor=factor))
    st.header(words("photo.own_heading"), anchor=False)
    reduce = st.toggle(words("super_resolution.reduce"), True, key="reduce", help=words("super_resolution.reduce_help"))
    photo.own(seen.choose(reduce=reduce), own, words, names="super_resolution")


watch.training(experiment, draw)
say.more("super_resolution")
