"""Your own data: what a visitor brings, understood before anything is trained, and the way to the lessons."""

import streamlit as st

from pages._ui import brought, say
from pages._ui.by_hand import by_hand

SOURCES = ("file", "hand", "camera")

say.lesson("your_data")
words = say.words()
source = st.segmented_control(
    words("your_data.which"),
    SOURCES,
    default="file",
    required=True,
    format_func=lambda one: words(f"your_data.source_{one}"),
    key="source_of_data",
)
if source == "file":
    st.caption(words("your_data.privacy"))
    brought.kept(words, given=brought.files(words))
else:
    by_hand(source)
