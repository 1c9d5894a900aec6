"""Browser components: each its own files, and what they share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from aecore.figures.theme import PALETTES

# Components cannot import one another's modules; what they share is written into each.
_SHARED = (Path(__file__).parent / "palette.js").read_text("utf-8").replace("/* palettes */ {}", json.dumps(PALETTES))


def component(html: Path, *scripts: str, css: str) -> Callable[..., Any]:
    """Return what mounts a component, named like its HTML file; styles and scripts lie beside that."""
    parts = [_SHARED, *((html.parent / name).read_text("utf-8") for name in scripts)]
    return st.components.v2.component(
        f"gargalo_{html.stem}",
        html=html.read_text("utf-8"),
        css=(html.parent / css).read_text("utf-8"),
        js="\n".join(parts),
        isolate_styles=False,
    )
