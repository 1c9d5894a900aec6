"""What a visitor brings as files: what was understood of it, the few choices that matter, the way to the lessons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import streamlit as st

from pages._ui import say, show
from pages._ui.contents import PAGES
from pages._ui.mine import mine
from pages._ui.show import Fact

if TYPE_CHECKING:
    from aecore.datasets.own import About, Made
    from aecore.text import Say
    from aecore.uploads import File, Table, Understood

KINDS = (
    "zip", "csv", "tsv", "txt", "npz", "npy", "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff",
    "wav", "flac", "ogg", "mp3", "aif", "aiff",
)  # fmt: skip
LESSONS = tuple(name for name in PAGES["lessons"] if name != "home")
SIDES = (16, 20, 28, 32)
SHARES = (10, 20, 30, 50)
# Samples in the grid, in rows of so many, files that are named as left out, and classes and columns that are named.
FIRST, ACROSS, NAMED = 40, 10, 12
# Below so many samples, batches of so many: else an epoch would be a step or two.
BATCHES = {200: 16, 1000: 32}


def files(words: Say) -> bool:
    """Let the visitor give files, show what they are, keep them to train on if so wanted; return whether any are given.

    Once kept, they leave the uploader: what is brought next is another data set.
    """
    from aecore import uploads

    key = f"own_files_{st.session_state.setdefault('own_turn', 0)}"
    look: dict[str, Any] = {"key": key, "help": words("your_data.file_help"), "accept_multiple_files": True}
    given = st.file_uploader(words("your_data.file"), KINDS, **look)
    if not given:
        return False
    title = given[0].name if len(given) == 1 else f"{given[0].name} + {len(given) - 1}"
    try:
        understood = _understood([(one.name, one.getvalue()) for one in given])
        st.header(words("your_data.understood"), anchor=False)
        made, notes = _made(understood, words)
        share = _share(words)
        show.cards(_facts(made, share / 100, words))
        for note in notes:
            st.caption(note)
        _first(made, words)
        _left_out(understood.left_out, words)
        if st.button(words("your_data.use"), key="use_own", type="primary", icon=":material/check:"):
            _keep(made, title, share / 100)
            st.session_state.own_turn += 1
            del st.session_state.understood
            st.rerun()
    except uploads.Refused as refused:
        st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/folder_off:")
    except OSError:
        st.error(words("your_data.unwritable"), icon=":material/hard_drive:")
    return True


def _understood(given: Sequence[tuple[str, bytes]]) -> Understood:
    """Understand files once; what was refused is refused anew."""
    from aecore import sounds, uploads

    sums = [hashlib.sha256(content).hexdigest() for _, content in given]
    key = tuple((name, digest) for (name, _), digest in zip(given, sums, strict=True))
    kept: tuple[Any, Understood] | None = st.session_state.get("understood")
    if kept is None or kept[0] != key:
        kept = st.session_state.understood = key, uploads.understand(given, rate=sounds.RATE)
    return kept[1]


def _made(understood: Understood, words: Say) -> tuple[Made, list[str]]:
    """Ask for the choices that matter; return the samples that they make, and what is to be said of them."""
    from aecore.datasets import own
    from aecore.uploads import Arrays, Pictures, Sounds

    what = understood.what
    if isinstance(what, Sounds):
        return own.of_sounds(what), [words.counted("your_data.sounds_cut", len(what.sounds), rate=what.rate)]
    if isinstance(what, Arrays) and what.others:
        others = [words("your_data.others", names=_listed(what.others, words))]
    else:
        others = []
    if isinstance(what, Pictures) or (isinstance(what, Arrays) and own.pictured(what)):
        side = _choice("side", SIDES, 28, words)
        make: Any = own.of_pictures if isinstance(what, Pictures) else own.of_arrays
        colour = own.coloured(what) and _choice("colour", ("colours", "greys"), "colours", words) == "colours"
        made: Made = make(what, side=side, colour=colour)
        notes = [words("your_data.cut", side=side), *others]
        return made, notes + ([words.counted("your_data.dropped_more", made.dropped)] if made.dropped else [])
    return _made_of_table(own.table_of(what) if isinstance(what, Arrays) else cast("Table", what), others, words)


def _made_of_table(table: Table, others: list[str], words: Say) -> tuple[Made, list[str]]:
    from aecore.datasets import own

    numeric = [column.name for column in table.columns if column.numbers is not None]
    able = [column.name for column in table.columns if column.classes]
    # A column of few words is more likely a label than one of few numbers.
    usual = next((name for name in reversed(able) if name not in numeric), None)
    label = st.selectbox(
        words("your_data.label"),
        [None, *able],
        0 if usual is None else 1 + able.index(usual),
        format_func=lambda name: words("your_data.label_none") if name is None else name,
        key="own_label",
    )
    free = [name for name in numeric if name != label]
    columns = st.multiselect(words("your_data.columns"), free, free, key="own_columns")
    left, right = st.columns(2)
    with left:
        scale = _choice("scale", ("standardised", "unit"), "standardised", words)
    with right:
        missing = _choice("missing", ("left_out", "mean"), "left_out", words)
    made = own.of_table(table, columns=columns, label=label, scale=scale, missing=missing)
    infinite = sum(column.infinite for column in table.columns)
    notes = [
        words("your_data.strip"),
        *([words.counted("your_data.dropped_table", made.dropped)] if made.dropped else []),
        *([words.counted("your_data.uneven", table.uneven)] if table.uneven else []),
        *([words.counted("your_data.infinite", infinite)] if infinite else []),
        *([words("your_data.constant", names=_listed(made.constant, words))] if made.constant else []),
        *others,
    ]
    return made, notes


def _choice(name: str, options: Sequence[Any], usual: Any, words: Say) -> Any:
    def write(one: Any) -> str:
        return words(f"your_data.{name}_{one}") if isinstance(one, str) else words.number(one)

    look: dict[str, Any] = {"default": usual, "required": True, "format_func": write, "key": f"own_{name}"}
    return st.segmented_control(words(f"your_data.{name}"), options, **look)


def _share(words: Say) -> int:
    return int(_choice("share", SHARES, 20, words))


def _listed(names: Sequence[str], words: Say) -> str:
    shown = [say.literally(name) for name in names[:NAMED]]
    more = [words("your_data.left_more", count=len(names) - NAMED)] if len(names) > NAMED else []
    return ", ".join(shown + more)


def _facts(made: Made, share: float, words: Say) -> list[Fact]:
    from aecore.datasets import own

    count = len(made.inputs)
    groups = np.arange(count) if made.groups is None else made.groups
    test = int(own.held_out(groups, share).sum()) if len(np.unique(groups)) > 1 else 0
    low, high = (words.number(float(value), 2) for value in (made.inputs.min(), made.inputs.max()))
    unit = made.inputs.dtype == np.uint8 or (made.inputs.min() >= 0 and made.inputs.max() <= 1)
    numbers = int(np.prod(made.shape))
    range_kind: str = ("unit" if unit else "standardised") if made.kind == "table" else made.kind
    if made.kind == "pictures" and len(made.shape) == 3:
        range_kind = "colours"
    labelled = {"names": _listed(made.classes, words)}
    return [
        Fact(
            words(f"your_data.{made.kind}"),
            words.number(count),
            words("your_data.held_out_meaning", train=count - test, test=test),
        ),
        Fact(words("your_data.shape"), _by(made.shape, words), words("your_data.shape_meaning", numbers=numbers)),
        Fact(
            words("your_data.range"),
            words(
                "your_data.range_unit" if unit else "your_data.range_real",
                **({} if unit else {"low": low, "high": high}),
            ),
            words(f"your_data.range_meaning_{range_kind}", **({"bands": own.BANDS} if made.kind == "sounds" else {})),
        ),
        Fact(
            words("your_data.labels"),
            words.number(len(made.classes)) if made.classes else words("your_data.labels_none"),
            words("your_data.labels_meaning", **labelled) if made.classes else words("your_data.labels_none_meaning"),
        ),
    ]


def _by(shape: Sequence[int], words: Say) -> str:
    return " × ".join(map(words.number, shape))


def _first(made: Made, words: Say) -> None:
    """Show the first samples, of a table what is in its columns."""
    from aecore.figures.grids import atlas

    if made.kind == "table":
        _columns(made, words)
        return
    x = made.inputs[:FIRST]
    x = x / np.float32(255) if made.inputs.dtype == np.uint8 else x
    x = np.concatenate([x, np.zeros((-len(x) % ACROSS, *x.shape[1:]), x.dtype)]) if len(x) > ACROSS else x
    x = x.transpose(0, 2, 3, 1) if x.ndim == 4 else x
    st.caption(words("your_data.first"))
    rows = x.reshape(-1, min(ACROSS, len(x)), *x.shape[1:])
    st.image(atlas(rows), width="stretch" if len(x) >= ACROSS else "content", alt=words("alt.own_first"))


def _columns(made: Made, words: Say) -> None:
    x = made.inputs[:, 0]
    columns: dict[str, Any] = {words("your_data.column"): made.columns}
    for name, values in (("mean", x.mean(0)), ("deviation", x.std(0)), ("least", x.min(0)), ("largest", x.max(0))):
        columns[words(f"your_data.{name}")] = [words.number(round(float(value), 2) + 0.0, 2) for value in values]
    st.dataframe(columns, hide_index=True, height="content" if len(made.columns) <= NAMED else 400)


def _left_out(left: Sequence[File], words: Say) -> None:
    if not left:
        return
    with st.expander(words("your_data.left_out_count", count=len(left))):
        shown = left[:FIRST]
        reasons = [cast("Any", one.content) for one in shown]
        columns = {
            words("your_data.left_file"): [one.name[:120] for one in shown],
            words("your_data.left_why"): [words(f"refused.{one.reason}", **one.facts) for one in reasons],
        }
        st.dataframe(columns, hide_index=True)
        if len(left) > FIRST:
            st.caption(words("your_data.left_more", count=len(left) - FIRST))


def _keep(made: Made, title: str, share: float) -> None:
    from aecore.datasets import own

    ours = mine()
    number = own.keep(made, title=title, share=share, folder=ours.folder, secret=ours.secret)
    ours.add("own", number, title)


def kept(words: Say, *, given: bool) -> None:
    """Show what this visitor has brought, the latest first, with the way to each lesson, and let it be deleted.

    Where nothing was, say so, unless files are `given` that may be kept.
    """
    from aecore.datasets import DamagedFile, own

    if st.session_state.pop("own_deleted", False):
        st.success(words("your_data.deleted"), icon=":material/delete:")
    ours = mine()
    nothing = not any(ours.files.values())
    if nothing and given:
        return
    st.header(words("your_data.your"), anchor=False)
    if nothing:
        st.caption(words("your_data.nothing"))
        return
    for number, title in reversed(ours.files["own"].items()):
        try:
            about = own.about(number)
        except DamagedFile:
            continue
        with st.container(border=True):
            what: dict[str, Any] = {"count": about.samples, "shape": _by(about.shape, words)}
            st.markdown(words("your_data.kept", title=say.literally(title), **what))
            with st.container(horizontal=True):
                for name in LESSONS:
                    to: dict[str, Any] = {"query_params": fitting(number, about, name)}
                    st.page_link(f"lessons/{name}.py", label=words(f"page.{name}.title"), **to)
    st.button(words("your_data.delete"), key="delete_own", icon=":material/delete:", on_click=_delete)


def fitting(number: int, about: About, lesson: str) -> Mapping[str, str]:
    """Return what the address of a lesson says of data: which, and what suits so many samples of so many numbers."""
    wanted = {"data": "own", "file": str(number)}
    batch = next((size for most, size in BATCHES.items() if about.samples < most), None)
    if batch:
        wanted["batch"] = str(batch)
    if about.kind == "table":
        wanted["hidden"] = "32,16"
        if lesson != "sparse":
            wanted["latent"] = str(min(2, about.shape[-1] - 1))
    return wanted


def _delete() -> None:
    mine().delete()
    st.session_state.own_deleted = True
