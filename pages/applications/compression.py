"""Generic compression: a picture becomes whole numbers, these become few bytes, and the bytes become a picture."""

from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.text import Say
from pages._ui import packed, photo, resources, say, show, turn, watch
from pages._ui.seen import Seen

COLUMNS = 8
# Held-out samples over which the bits of a unit are averaged.
COUNTED = 100
# A unit that costs less, in bits a picture, has next to nothing to say.
SILENT = 0.05

say.lesson("compression")
experiment = turn.experiment(
    task="compression",
    method="quantised",
    data=("tiles", "mnist", "fashion_mnist"),
    net=("lapped", "mlp", "conv"),
    looks=("photo",),
)
of_photos = experiment.data.name == "tiles"


def quality_curve(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="psnr", title=words("compression.quality"), unit=words("photo.psnr"))


def length_curve(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="bits", title=words("compression.length"), unit=words("compression.bits"))


def packed_photo(seen: Seen, words: Say) -> Any:
    return packed.beside(seen, views.photo(seen.choices["photo"]), words)


def packed_samples(seen: Seen, words: Say) -> Any:
    """Return held-out pictures, and below them what comes of files of this network, of WebP and of JPEG."""
    pictures = views.held_out_pictures(experiment.data)[:COLUMNS]
    ours = [views.rebuilt(seen.model, x) for x in pictures]
    rows = {"rebuilt": ours}
    for kind in ("WEBP", "JPEG"):
        rows[kind] = [views.saved_alike(x, kind, len(one.content)) for x, one in zip(pictures, ours, strict=True)]
    lengths = np.full((1 + len(rows), COLUMNS), np.nan)
    lengths[1:] = [[len(one.content) for one in files] for files in rows.values()]
    names = [words("compression.true"), *(words(f"compression.row_{name}") for name in rows)]
    grid = np.stack([pictures, *([one.picture for one in files] for files in rows.values())])
    return figures.rows(grid, names=names, errors=lengths, say=words)


def quality_by_length(seen: Seen, words: Say) -> Any:
    """Return PSNR over length, of this network's files and of JPEG's and WebP's."""
    ours = packed.rates(experiment, seen.step)
    series = {words("compression.coarser"): ours} | {
        words(f"compression.{kind}"): points for kind, points in (otherwise() or {}).items()
    }
    found = {name: [(_length(one), one.psnr, "") for one in points] for name, points in series.items()}
    here = ours[views.TRAINED]
    return figures.plane(
        found,
        title=words("compression.curve"),
        axes=(words("compression.bits_a_pixel" if of_photos else "compression.bytes"), words("photo.psnr")),
        own=(_length(here), here.psnr, words("compression.rebuilt")),
        say=words,
    )


def _length(point: views.Point) -> float:
    return point.bits_a_pixel if of_photos else point.length


def otherwise() -> Any:
    return resources.aside(views.rates_otherwise, experiment.data)


def spent(seen: Seen, words: Say) -> Any:
    """Return the bits of each unit of the code, the dearest first."""
    pictures = list(seen.held_out.inputs[:COUNTED].numpy())
    bits = views.bits_by_unit(seen.model, pictures)
    order = np.argsort(-bits)
    return figures.bars(
        bits[order],
        [say.latent(int(i), gaussian=False) for i in order],
        bits[order] > SILENT,
        groups=(words("compression.speaking"), words("compression.silent")),
        title=words("compression.spent"),
        axes=(words("compression.unit"), words("compression.bits")),
        say=words,
    )


def result(seen: Seen, words: Say) -> Any:
    """Say what a file of this network comes to beside WebP's and JPEG's at the same PSNR, whoever is shorter."""
    ours = packed.rates(experiment, seen.step)[views.TRAINED]
    unit = "photo" if of_photos else "sample"
    said = [
        words(f"compression.beside_{unit}", kind=words(f"compression.{kind}"), length=_length(one), psnr=one.psnr)
        for kind, points in otherwise().items()
        for one in [views.at_quality(points, ours.psnr)]
    ]
    facts = {"bytes": views.HEADER, "webp": views.WEBP_HEADER}
    lead = words(f"compression.result_{unit}", psnr=ours.psnr, length=_length(ours))
    return " ".join([lead, *said, words("compression.headers", **facts)])


def draw(seen: Seen) -> None:
    words = say.words()
    known = otherwise() is not None
    seen = seen.choose(known=known)
    if of_photos:
        seen = seen.choose(photo=photo.choose())
        photo.held_out(seen, packed_photo)
    else:
        show.row(seen, packed_samples, height=420)
    show.row(seen, quality_curve, length_curve)
    st.header(words("compression.rates"), anchor=False)
    if seen.state.is_final:
        measured = resources.aside(packed.rates, experiment, seen.step)
        with st.container(key="rates"):
            curves, units = st.columns(2)
            with curves:
                if measured:
                    show.row(seen, quality_by_length, height=420)
                else:
                    st.caption(words("compression.pending"))
            with units:
                show.row(seen, spent, height=420)
            if measured and known:
                show.sentence(seen, result)
    else:
        show.row(show.standing(seen), spent)
    packed.own(seen, words)
    packed.any_file(words)


watch.training(experiment, draw)
say.more("compression")
