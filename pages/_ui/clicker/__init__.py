"""Goes through the screens of a talk: by keys, clicker, touch and mouse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from aecore.text import Say
from pages._ui.component import component

KEY = "clicker"
_mount = component(Path(__file__).with_name("clicker.html"), "clicker.js", css="clicker.css")


def said() -> tuple[tuple[int, int] | None, bool]:
    """Return the stop that the browser went to last, with how often it went anywhere, and whether it is to leave."""
    now = st.session_state.get(KEY) or {}
    place = now.get("place")
    return (int(place[0]), int(place[1])) if place else None, bool(now.get("left"))


def clicker(stops: Sequence[tuple[int, bool]], titles: Sequence[str], at: int, words: Say) -> None:
    """Show where a talk is, and let the browser go on and back.

    Parameters
    ----------
    stops : sequence of tuple
        Each the number of a screen, from 0, and whether its answer is shown.
    titles : sequence of str
        Of the screens.
    at : int
        The stop that is shown.
    words : Say
        The visitor's language.
    """
    names = ("role", "back", "on", "leave", "whole")
    data = {"stops": stops, "titles": titles, "at": at, "words": {name: words(f"present.{name}") for name in names}}
    _mount(key=KEY, data=data, on_place_change=lambda: None, on_left_change=lambda: None)
