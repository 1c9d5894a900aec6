"""The desk of a talk: where it begins, and its script, which prints."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui import present, say, show
from pages._ui.present import experiment_of
from pages._ui.screens import SCREENS, Screen
from pages._ui.seen import see

PRINTED = Path(__file__).parents[2] / "assets" / "style" / "print.css"


def still(screen: Screen) -> Any:
    """Return the pictures of a screen as it opens, where a figure of it is pictures; answers stay covered."""
    if not screen.makers or screen.hidden or screen.look:
        return None
    seen = see(experiment_of(screen, {})).choose(shown=False)
    seen = screen.settle(seen) if screen.settle else seen
    for make in screen.makers:
        figure = json.loads(show.made(make, seen, written=True))
        if source := next((trace["source"] for trace in figure["data"] if trace.get("source")), None):
            return source, words(f"alt.{make.__name__}")
    return None


say.lesson("present")
words = say.words()
st.html(PRINTED)
st.button(words("present.begin"), key="begin", type="primary", icon=":material/slideshow:", on_click=present.begin)
st.markdown(words("present.desk"))
st.header(words("present.script"), anchor=False)
st.caption(words("present.print"))
for number, screen in enumerate(SCREENS):
    with st.container(border=True, key=f"script_{screen.name}"):
        st.subheader(f"{number + 1} · {words(f'present.{screen.name}.title')}", anchor=False)
        st.markdown(words(f"present.{screen.name}.statement"))
        with say.damage():
            if found := still(screen):
                st.image(found[0], width=420, alt=found[1])
        if screen.ask:
            st.markdown(f"**{words('present.asks')}:** {words(f'present.{screen.name}.question')}")
        st.markdown(words(f"present.{screen.name}.notes"))
        st.button(
            words("present.here"), key=f"begin_{number}", type="tertiary", icon=":material/slideshow:",
            on_click=present.begin, args=(number,),
        )  # fmt: skip
