"""The main script: what every page shares, and the table of pages."""

from pathlib import Path

import streamlit as st

from pages._ui import resources, say

STYLE = Path(__file__).parents[1] / "assets" / "style"
PAGES = {
    "lessons": ("home", "undercomplete", "denoising", "contractive", "sparse", "vae", "beta_vae"),
    "applications": (
        "noise_removal",
        "super_resolution",
        "segmentation",
        "audio",
        "molecules",
        "recommender",
        "compression",
    ),
    "tools": ("explorer",),
}

st.set_page_config(page_title="Gargalo", page_icon=str(STYLE / "icon.png"), layout="wide")
st.html(STYLE / "page.css")
words = say.choose_language()
st.navigation(
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
    position="top",
).run()
resources.prepare_lessons()
