"""What an autoencoder is: a latent space under the pointer, an input on its way through, and the lessons' results."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import latent_pad, resources, say
from pages._ui.contents import PAGES
from pages._ui.flow import flow
from pages._ui.plot import preload

if TYPE_CHECKING:
    from aecore.datasets import Data
    from aecore.networks import Autoencoder
    from aecore.samples import Samples

ACROSS = 3  # cards
SHOWN = {folder: [name for name in PAGES[folder] if name != "home"] for folder in ("lessons", "applications")}
INPUTS = (3, 2, 1, 18, 4, 8, 11, 0, 61, 7)  # a held-out digit of each class, in order
CODES = 1500  # held-out digits whose codes lie on the plane


@lru_cache
def plane() -> "tuple[Autoencoder, Samples, Data]":
    from aecore import gallery

    model, samples = resources.shipped("plane")
    return model, samples.at(slice(CODES)), gallery.experiment_of("plane").data


@lru_cache
def flows() -> Any:
    from aecore import views

    model, samples = resources.shipped("home")
    return [views.flow(model, samples.inputs[i]) for i in INPUTS]


say.lesson("home")
words = say.words()
with say.damage():
    pad, about = st.columns([0.75, 0.25])
    with pad:
        latent_pad.pad(*plane(), key="plane", words=words, drifts=True)
    about.markdown(words("home.plane"))
    st.header(words("home.inside"), anchor=False)
    flow(flows(), key="flow", words=words)
say.more("home")
for folder, names in SHOWN.items():
    st.header(words(f"section.{folder}"), anchor=False)
    for i in range(0, len(names), ACROSS):
        for place, name in zip(st.columns(ACROSS), names[i : i + ACROSS], strict=False):
            with place.container(border=True, height="stretch", key=f"card_{name}"):
                st.image(resources.card(name), alt=say.of_card(name, words))
                st.page_link(f"{folder}/{name}.py", label=words(f"page.{name}.title"), icon=":material/arrow_forward:")
                st.markdown(words(f"page.{name}.invitation"))
say.glossary()
preload()
