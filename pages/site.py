"""The main script: what every page shares, and the navigation."""

from pathlib import Path

import streamlit as st

from pages._ui import classroom, present, resources, say, share, steer, view
from pages._ui.contents import PAGES

WITHOUT_RUN = {"", *PAGES["tools"]} - {share.EXPLORER}
STYLE = Path(__file__).parents[1] / "assets" / "style"

st.set_page_config(page_icon=str(STYLE / "icon.png"), layout="wide")
st.html(STYLE / "page.css")
with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="corner"):
    corner = st.container(width="content", key="sharing")
    words = say.choose_language()
say.name_controls()
if wrong := resources.refusal():
    st.error(f"{words('cluster.refused')} {words(f'cluster.{wrong}')}")
    st.stop()
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
# Of a tab of the browser; the bookmark of a page bears it too.
st.set_page_config(page_title=f"{words('page.present.title') if present.wanted() else page.title} · Gargalo")
if present.wanted():
    present.run()
else:
    above = st.container()
    view.enter(page.url_path)
    page.run()
    shown = None if page.url_path in WITHOUT_RUN else steer.course().watched
    if shown and page.url_path != share.EXPLORER and (board := classroom.linked()):
        with above:
            classroom.enter(board, words)
    with corner:
        share.offer(page.url_path, shown)
resources.prepare_lessons()
