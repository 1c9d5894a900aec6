"""Pictures as small files on a page: beside JPEG's and WebP's, and a visitor's own, packed and unpacked."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore.text import Say
from pages._ui import photo, resources, show
from pages._ui.curtain import Shown, curtain, written
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.lossless import Packed
    from aecore.networks import Autoencoder
    from aecore.views import Header, Point, Saved

ENDING = "gargalo"
CODERS = ("bytes", "gzip", "zstd")
EXAMINED = ("bytes", "network", "gzip", "zstd")
PICTURES = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")


@lru_cache(maxsize=64)
def rates(experiment: Experiment, step: int) -> list[Point]:
    """Return what files of a run at a step come to, from the finest rounding to the coarsest; takes seconds."""
    from aecore import views

    return views.rates(see(experiment).back(step).for_pictures, views.held_out_pictures(experiment.data))


def beside(seen: Seen, true: np.ndarray, words: Say, ours: Saved | None = None) -> photo.Gallery:
    """Return a grey picture as JPEG, this network and WebP give it back from files of like length."""
    from aecore import views

    model = seen.for_pictures(true.shape)
    ours = ours or views.rebuilt(model, true)
    jpeg, webp = (views.saved_alike(true, kind, len(ours.content)) for kind in ("JPEG", "WEBP"))
    found = [
        Shown(words(f"compression.{name}"), _quality(one, true, words), one.picture)
        for name, one in {"JPEG": jpeg, "rebuilt": ours, "WEBP": webp}.items()
    ]
    found.append(Shown(words("compression.true"), words("compression.raw", bytes=true.size), true))
    if model.places > 1:
        where = views.bits_by_place(model, true)
        found.append(Shown(words("compression.where"), words("compression.where_note"), where))
    return photo.Gallery(written(found), true.shape)


def _quality(one: Saved, true: np.ndarray, words: Say) -> str:
    from aecore import views

    near = views.likeness(one.picture, true)
    facts = {"bytes": len(one.content), "bits": one.bits_a_pixel}
    return words("compression.note", **facts) + " · " + words("photo.quality", psnr=near.psnr, ssim=near.ssim)


def own(seen: Seen, words: Say) -> None:
    """Let the visitor pack a picture into a file of this model, and unpack such a file."""
    st.header(words("compression.own_heading"), anchor=False)
    st.markdown(words("compression.own_lead"))
    for place, turn in zip(st.columns(2), (_pack, _unpack), strict=True):
        with place:
            turn(seen, words)


def _pack(seen: Seen, words: Say) -> None:
    from aecore import uploads, views

    given = st.file_uploader(words("compression.own"), type=list(PICTURES), key="to_pack")
    if given is None:
        return
    content = given.getvalue()
    asked = hashlib.sha256(content).hexdigest(), seen.run.key, seen.step, words.language
    kept: tuple[Any, ...] = st.session_state.get("packed", (None, None, None))
    if kept[0] is None or kept[0][0] != asked[0] or (kept[0] != asked and seen.state.is_final):
        try:
            picture = views.grey(uploads.picture(content))
        except uploads.Refused as refused:
            _refuse(refused, words)
            return
        model = seen.for_pictures(picture.shape)
        made = views.compressed(model, picture, seen.run.key)
        ours = views.Saved(made, views.decompressed(model, made, seen.run.key))
        kept = st.session_state.packed = asked, beside(seen, picture, words, ours), made
    _, found, made = kept
    size, alt = found.size, words("compression.own_alt")
    curtain(found.pictures, size=size, left=photo.LEFT, right=photo.RIGHT, alt=alt, key="packed_shown")
    st.caption(words("compression.own_packed", bytes=len(made), before=len(content), pixels=size[0] * size[1]))
    label = words("compression.download", bytes=len(made))
    st.download_button(label, made, f"picture.{ENDING}", "application/octet-stream", icon=":material/download:")


def any_file(words: Say) -> None:
    """Show what files of any kind come to losslessly, and let the visitor pack one."""
    st.header(words("compression.any_heading"), anchor=False)
    st.markdown(words("compression.any_lead"))
    given = st.file_uploader(words("compression.any_own"), key="to_pack_exactly")
    if given is not None:
        _pack_exactly(given.name, given.getvalue(), words)
    _examples(words)


def _examples(words: Say) -> None:
    """Show what example files come to; each begins once the one before is packed, so that others need not wait."""
    from aecore.compress import EXAMPLES

    kinds = ("any_length", *(f"by.{name}" for name in EXAMINED), "any_seconds")
    heads = [words(f"compression.{kind}") for kind in kinds]
    known = list(takewhile(bool, (resources.aside(example_packed, name) for name in EXAMPLES)))
    rows = {f"`{name}`": ["…"] * len(heads) for name in EXAMPLES}
    for row, (length, found) in zip(rows, known, strict=False):
        ratios = _ratios(length, found, words, EXAMINED)
        rows[row] = [words.number(length, 0), *ratios, words.number(found["bytes"].seconds, 1)]
    show.table(words("compression.any_example"), heads, rows)
    ready = len(known) == len(EXAMPLES)
    st.caption(words("compression.any_note", most=_most()) if ready else words("compression.any_pending"))


def _most() -> int:
    from aecore import lossless

    return lossless.MOST // 1_000_000


def example_packed(name: str) -> tuple[int, dict[str, Packed]]:
    """Return the length of an example file and what it comes to; takes seconds."""
    from aecore import lossless
    from aecore.compress import example

    content = example(name)
    return len(content), lossless.compared(content) | {"network": lossless.by_network_alone(content)}


def _ratios(length: int, found: dict[str, Packed], words: Say, coders: tuple[str, ...] = CODERS) -> list[str]:
    """Return how many times shorter each coder makes a file, the best marked."""
    return show.marked([length / found[name].length for name in coders], words)


def _pack_exactly(name: str, content: bytes, words: Say) -> None:
    from aecore import lossless, uploads

    asked = hashlib.sha256(content).hexdigest()
    kept: tuple[Any, ...] = st.session_state.get("packed_exactly", (None, None))
    if kept[0] != asked:
        try:
            with st.spinner(words("compression.any_packing")):
                kept = asked, lossless.compared(content)
        except uploads.Refused as refused:
            _refuse(refused, words)
            return
        st.session_state.packed_exactly = kept
    _, found = kept
    lengths = show.marked([found[one].length for one in CODERS], words, better=-1, decimals=0)
    ratios = _ratios(len(content), found, words)
    seconds = [words.number(found[one].seconds, 2) for one in CODERS]
    heads = [words(f"compression.any_{head}") for head in ("bytes", "ratio", "seconds")]
    rows = dict(
        zip((words(f"compression.by.{one}") for one in CODERS), zip(lengths, ratios, seconds, strict=True), strict=True)
    )
    show.table(words("compression.any_yours", bytes=len(content)), heads, rows)
    made = found[CODERS[0]].content
    label = words("compression.download", bytes=len(made))
    st.download_button(label, made, f"{name}.{ENDING}", "application/octet-stream", icon=":material/download:")


def _unpack(seen: Seen, words: Say) -> None:
    from aecore import lossless, uploads, views

    given = st.file_uploader(words("compression.unpack"), key="to_unpack")
    if given is None:
        return
    content = given.getvalue()
    if lossless.is_packed(content):
        _unpack_exactly(given.name, content, words)
        return
    try:
        header = views.header_of(content)
        picture = views.decompressed(_reader(seen, header), content, header.key)
    except uploads.Refused as refused:
        _refuse(refused, words)
        return
    st.image(picture, width="stretch" if picture.shape[1] > 300 else 280)
    st.caption(words("compression.unpacked", bytes=len(content), height=header.shape[0], width=header.shape[1]))
    st.download_button(words("compression.picture"), photo.png(picture), "gargalo.png", "image/png")


def _unpack_exactly(name: str, content: bytes, words: Say) -> None:
    from aecore import lossless, uploads

    try:
        found = lossless.unpacked(content)
    except uploads.Refused as refused:
        _refuse(refused, words)
        return
    st.caption(words("compression.any_unpacked", bytes=len(content), length=len(found)))
    name = name.removesuffix(f".{ENDING}")
    st.download_button(
        words("compression.any_file"), found, name, "application/octet-stream", icon=":material/download:"
    )


def _reader(seen: Seen, header: Header) -> Autoencoder:
    """Return the model that a file asks for: the one on the page, or one of a run that this server keeps."""
    from aecore.compress import reader

    if header.key == seen.run.key:
        return seen.for_pictures(header.shape)
    return reader(resources.run_of(header.key), header)


def _refuse(refused: Any, words: Say) -> None:
    st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/broken_image:")
