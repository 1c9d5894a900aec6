"""The address of a page: read when it brings something, written when the page has something else to say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import streamlit as st

if TYPE_CHECKING:
    from aecore.experiment import Experiment

# Names in the address that belong to all pages.
OTHERS = frozenset({"lang", "present", "screen", "answer", "board", "hide", "embed", "embed_options"})
# Seconds for which the browser may still send an address that this page has replaced.
LAG = 3.0

# What a link may hide beside single knobs: all of them, and those of fine tuning.
GROUPS = ("controls", "fine")


def hidden() -> frozenset[str]:
    """Return the names of the knobs, and of groups of them, that the link hides; they keep the values that it says."""
    return frozenset(filter(None, st.query_params.get("hide", "").split(",")))


def linked() -> dict[str, object]:
    """Return what the address says, by name; nothing if this page wrote it itself."""
    found: dict[str, object] = {name: text for name, text in st.query_params.items() if name not in OTHERS}
    if chain := st.query_params.get_all("start"):
        found["start"] = chain
    return {} if _ours(found) else found


def _ours(found: Mapping[str, object]) -> bool:
    """Whether this page wrote an address itself; the browser may send one that has just been replaced."""
    replaced = st.session_state.get("replaced", {}).get(repr(sorted(found.items())), -LAG)
    return found == st.session_state.get("address") or time.monotonic() - replaced < LAG


def written() -> dict[str, object]:
    """Return what this page has written, by name."""
    return st.session_state.get("address", {})


def write(wanted: Mapping[str, object]) -> None:
    """Make the address say this and no more, besides what all pages share."""
    shared: dict[str, object] = {name: text for name, text in st.query_params.items() if name in OTHERS}
    texts = {name: text if isinstance(text, list) else [text] for name, text in (shared | dict(wanted)).items()}
    if {name: st.query_params.get_all(name) for name in st.query_params} != texts:
        st.query_params.from_dict(texts)  # type: ignore[arg-type]
    if wanted != (before := written()):
        now, late = time.monotonic(), st.session_state.get("replaced", {})
        late = {text: since for text, since in late.items() if now - since < LAG}
        st.session_state.replaced = late | {repr(sorted(before.items())): now}
    st.session_state.address = dict(wanted)


def as_linked(experiment: Experiment) -> dict[str, object]:
    """Return an experiment as an address says it, every value by its name."""
    pairs = parse_qs(experiment.to_query(), keep_blank_values=True)
    return {name: texts if name == "start" else texts[-1] for name, texts in pairs.items()}
