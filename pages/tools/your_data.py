"""Your own data: what a visitor brings, understood before anything is trained, and the way to the lessons."""

import streamlit as st

from pages._ui import brought, say

say.lesson("your_data")
words = say.words()
say.name_controls()
st.caption(words("your_data.privacy"))
brought.files(words)
brought.kept(words)
