"""The main script: what every page shares, and the navigation."""

from pathlib import Path

import streamlit as st

from pages._ui import present, resources, say, share, steer
from pages._ui.contents import PAGES

STYLE = Path(__file__).parents[1] / "assets" / "style"

st.set_page_config(page_title="Gargalo", page_icon=str(STYLE / "icon.png"), layout="wide")
st.html(STYLE / "page.css")
with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="corner"):
    corner = st.container(width="content", key="sharing")
    words = say.choose_language()
page = st.navigation(
    {
        words(f"section.{folder}"): [
            st.Page(
                f"{folder}/{name}.py",
                title=words(f"page.{name}.title"),
                url_path=None if name == "home" else name,
                default=name == "home",
            )
            for name in names
        ]
        for folder, names in PAGES.items()
    },
    position="hidden" if present.wanted() else "top",
    expanded=True,
)
if present.wanted():
    present.run()
else:
    page.run()
    with corner:
        share.offer(page.url_path, steer.course().watched if page.url_path not in ("", "explorer", "present") else None)
resources.prepare_lessons()
