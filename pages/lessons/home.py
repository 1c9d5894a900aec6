"""What an autoencoder is, in one picture with real activations, and the way to the lessons."""

from functools import lru_cache
from typing import Any

import streamlit as st

from pages._ui import resources, say
from pages._ui.contents import PAGES
from pages._ui.flow import flow
from pages._ui.plot import preload

ACROSS = 3  # cards
SHOWN = {folder: [name for name in PAGES[folder] if name != "home"] for folder in ("lessons", "applications")}
INPUTS = (3, 2, 1, 18, 4, 8, 11, 0, 61, 7)  # a held-out digit of each class, in order


@lru_cache
def flows() -> Any:
    from aecore import views

    model, samples = resources.shipped("home")
    return [views.flow(model, samples.inputs[i]) for i in INPUTS]


say.lesson("home")
words = say.words()
with say.damage():
    flow(flows(), key="flow", words=words)
say.more("home")
for folder, names in SHOWN.items():
    st.header(words(f"section.{folder}"), anchor=False)
    for i in range(0, len(names), ACROSS):
        for place, name in zip(st.columns(ACROSS), names[i : i + ACROSS], strict=False):
            with place.container(border=True, height="stretch", key=f"card_{name}"):
                st.page_link(f"{folder}/{name}.py", label=words(f"page.{name}.title"), icon=":material/arrow_forward:")
                st.markdown(words(f"page.{name}.invitation"))
preload()
