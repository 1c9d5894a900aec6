"""Browser components: each its own files, and what they share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.responses import Response

from aecore.figures.theme import PALETTES

if TYPE_CHECKING:
    from starlette.requests import Request

# What components share is written into each.
_SHARED = "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in ("palette.js", "parcels.js"))
_SHARED = _SHARED.replace("/* palettes */ {}", json.dumps(PALETTES))
# Streamlit sends a component's script along with every change of its data; this one gets the rest once.
_LOADER = """
const part = import(new URL("/components/%s.js", location.href));
export default (component) => {
  let end, gone;
  part.then((loaded) => !gone && (end = loaded.default(component)));
  return () => {
    gone = true;
    end?.();
  };
};
"""
_scripts: dict[str, str] = {}


def component(html: Path, *scripts: str, css: str) -> Callable[..., Any]:
    """Return what mounts a component, named like its HTML file; styles and scripts lie beside that."""
    script = "\n".join([_SHARED, *((html.parent / name).read_text("utf-8") for name in scripts)])
    name = hashlib.blake2b(script.encode(), digest_size=8).hexdigest()
    _scripts[name] = script
    return st.components.v2.component(
        f"gargalo_{html.stem}",
        html=html.read_text("utf-8"),
        css=(html.parent / css).read_text("utf-8"),
        js=_LOADER % name,
        isolate_styles=False,
    )


def answer(request: Request) -> Response:
    """Give a component's script out."""
    script = _scripts.get(request.path_params["name"])
    if script is None:
        return Response(status_code=404)
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "max-age=86400, immutable"})
