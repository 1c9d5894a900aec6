"""Sharing what a page shows: its link, the link as a picture, the lines of Python, the run and the model as files."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages._ui import address, explored, mine, resources, say, steer, view
from pages._ui.contents import page_of

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.figures.animations import Kind
    from aecore.runs import Run
    from aecore.text import Say

ENDING = ".gargalo"
# The page that shows any run with a code; a saved run says if it was looked at there.
EXPLORER = "explorer"
# Visitors from elsewhere might bring results that no training gave, and others would take them for true.
AT_HOME = (None, "127.0.0.1", "::1", "localhost")


def offer(current: str, shown: Experiment | None) -> None:
    """Show a button that opens all ways to share a page.

    Parameters
    ----------
    current : str
        The page's place in the address.
    shown : Experiment or None
        The one whose run is on the page.
    """
    words = say.words()
    # Drawn when it is opened, so that the link says what the page shows by then.
    box = st.popover(words("share.button"), icon=":material/share:", key="share", on_change="rerun")
    if not box.open:
        return
    with box:
        private = shown is not None and mine.private(shown.data)
        st.caption(words("share.private" if private else "share.link"))
        above = st.container()
        link = _link(current, hide=_to_hide(shown, words) if shown and current != EXPLORER else ())
        above.code(link, language=None, wrap_lines=True)
        if code := qr(link):
            st.image(code, width=200, alt=words("alt.qr"))
        else:
            st.caption(words("share.no_qr"))
        if shown and not private:
            _as_python(shown, words)
        if shown:
            _as_files(shown, _shown(current, words), words)
        _opened(words)


def _shown(current: str, words: Say) -> dict[str, str]:
    """Return what a saved run is to say of the view, by the names of the address, and the page if it has a choice."""
    if current != EXPLORER:
        return view.said()
    said = explored.shown()
    if said.keys() - explored.written().keys():
        st.caption(words("share.selection_in_file"))
    return said | {"page": EXPLORER}


def _to_hide(shown: Experiment, words: Say) -> list[str]:
    """Let the visitor choose what the link hides, for a lesson that is to be about the rest."""
    knobs = ["data", "net", *(name for name, knob in shown.knobs.items() if not knob.idle)]
    now = [name for name in (*address.GROUPS, *knobs) if name in address.hidden()]

    def write(name: str) -> str:
        return words(f"share.hide_{name}" if name in address.GROUPS else f"knob.{name}.label")

    about: dict[str, Any] = {"format_func": write, "key": "to_hide", "placeholder": words("share.hide_nothing")}
    return st.multiselect(words("share.hide"), [*address.GROUPS, *knobs], now, help=words("share.hide_help"), **about)


def _link(current: str, *, hide: Sequence[str] = ()) -> str:
    said = [name for name in st.query_params if name != "hide"]
    pairs = [(name, text) for name in said for text in st.query_params.get_all(name)]
    pairs += [("hide", ",".join(hide))] if hide else []
    return f"{home()}/{current}" + (f"?{urlencode(pairs, safe=',:=')}" if pairs else "")


def home() -> str:
    """Return the address of the app, without a page and without an end stroke."""
    here = urlsplit(st.context.url or "")
    path = st.get_option("server.baseUrlPath").strip("/")
    return f"{here.scheme}://{here.netloc}" + (f"/{path}" if path else "")


@lru_cache(maxsize=64)
def qr(link: str) -> str:
    """Return a link as a QR code, an SVG picture; nothing for one that is too long."""
    import segno

    stream = io.BytesIO()
    try:
        code = segno.make(link, error="l", micro=False)
    except segno.DataOverflowError:
        return ""
    code.save(stream, kind="svg", scale=4, border=2, dark="#000", light="#fff")
    return stream.getvalue().decode()


def _as_python(shown: Experiment, words: Say) -> None:
    from aecore import sharing

    st.caption(words("share.python"))
    st.code(sharing.lines(shown), language="python", wrap_lines=True)


def _as_files(shown: Experiment, looks: dict[str, str], words: Say) -> None:
    state = steer.state_of(shown)
    if not (state.is_final and state.step):
        st.caption(words("share.later"))
        return
    from aecore import sharing

    # Looked up here: where the file is made nobody knows any more whose eyes it is for.
    its = resources.run_of(shown.key)
    st.caption(_origin(its, words))
    pack = partial(sharing.pack, its, looks)
    ways: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "run": (pack, ENDING, ":material/folder_zip:"),
        "model": (partial(sharing.bundle, its, words), ".zip", ":material/deployed_code:"),
        "films": (partial(_films, its, words), "-animations.zip", ":material/animation:"),
        "report": (partial(_report, its), ".html", ":material/article:"),
    }
    if mine.private(shown.data):  # a run is nothing without its data, and those go nowhere
        del ways["run"]
    for place, (way, (make, ending, icon)) in zip(cycle(st.columns(2)), ways.items(), strict=False):
        kind = "text/html" if ending == ".html" else "application/zip"
        look: dict[str, Any] = {"icon": icon, "help": words(f"share.{way}_help"), "width": "stretch"}
        place.download_button(words(f"share.{way}"), make, f"{shown.name}{ending}", kind, on_click="ignore", **look)


def _origin(run: Run, words: Say) -> str:
    """Say what a run was trained on, and whether it would come out the same here."""
    from aecore import sharing
    from aecore.training import machine

    its, here = sharing.machine_of(run.state), machine(run.experiment)
    if its is None:
        return words("share.origin_unknown", here=words("share.machine", **here))
    said = words("share.machine", **its)
    return (
        words("share.origin_same", its=said)
        if its == here
        else words("share.origin_other", its=said, here=words("share.machine", **here))
    )


def _report(run: Run) -> bytes:
    from aecore import exports

    return exports.report(run).encode()


def _films(run: Run, words: Say) -> bytes:
    from aecore import exports, uploads

    shown = exports.open_run(run, words)
    kinds: tuple[Kind, ...] = ("GIF", "WEBP")
    return uploads.zipped(
        {f"{name}.{kind.lower()}": film for kind in kinds for name, film in exports.films(shown, kind).items()}
    )


def _opened(words: Say) -> None:
    """Open a run that was saved elsewhere."""
    if st.context.ip_address not in AT_HOME:
        st.caption(words("share.elsewhere"))
        return
    file = st.file_uploader(words("share.open"), type=[ENDING[1:]], key="shared_run")
    if file is None:
        return
    from aecore import sharing, uploads

    try:
        run = sharing.unpack(file.getvalue(), resources.folder())
    except uploads.Refused as refused:
        st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/folder_off:")
        return
    except OSError:
        st.error(words("share.unwritable"), icon=":material/hard_drive:")
        return
    said = sharing.view_of(file.getvalue())
    page, is_look = page_of(run.experiment), view.is_look
    if said.get("page") == EXPLORER:
        page, is_look = f"tools/{EXPLORER}.py", explored.is_look
    looks = {name: text for name, text in said.items() if is_look(name)}
    st.caption(_origin(run, words))
    towards: dict[str, Any] = {
        "query_params": address.as_linked(run.experiment) | looks,
        "icon": ":material/arrow_forward:",
    }
    st.page_link(page, label=words("share.opened"), **towards)
