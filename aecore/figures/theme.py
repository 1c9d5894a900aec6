"""The project's looks: two palettes, one font, one template.

A figure is drawn without knowing whether its reader sits in light or in darkness: it names its
colours by :func:`ink`, and :func:`dress`, or the browser, puts in those of a palette.
``.streamlit/config.toml`` repeats the palettes for the pages; a test holds the two equal.

The ten label colours keep the hues of Petroff's ten [1]_. Their lightness and chroma were
searched anew for each theme, so that each stands out 3 : 1 from the background and any two stay
apart for readers with protanopia, deuteranopia or tritanopia as simulated by Machado et al. [2]_.

References
----------
.. [1] M. A. Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270, 2021.
.. [2] G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, "A physiologically-based model for
   simulation of color vision deficiency", IEEE TVCG 15(6), 2009.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

    Figure: TypeAlias = go.Figure

Mode: TypeAlias = Literal["light", "dark"]

VALIDATED = False

FONT = "IBM Plex Sans, Gargalo Math, sans-serif"
MONO = "IBM Plex Mono, monospace"

LABELS: dict[Mode, tuple[str, ...]] = {
    "light": (
        "#3B55F6", "#AF8816", "#DF6477", "#366368", "#722299",
        "#8E3635", "#592901", "#6E7001", "#2A3852", "#0499B3",
    ),
    "dark": (
        "#7A99FD", "#BA9226", "#FF7389", "#B9C2C3", "#A04CCF",
        "#CE4245", "#FEA972", "#E9EEB3", "#6A7B99", "#17DAFE",
    ),
}  # fmt: skip

PALETTES: dict[Mode, dict[str, str]] = {
    "light": {
        "background": "#FBFAF7",
        "surface": "#F1EFE8",
        "text": "#1A2325",
        "muted": "#566163",
        "grid": "#DFDCD3",
        "primary": "#0B6B69",
        "autoencoder": "#0B6B69",
        "baseline": "#A5480A",
        "warning": "#A8174B",
    },
    "dark": {
        "background": "#11171A",
        "surface": "#1A2327",
        "text": "#EAEEEC",
        "muted": "#A3B0AF",
        "grid": "#2C383C",
        "primary": "#19837C",
        "autoencoder": "#4FC4B8",
        "baseline": "#F0A35E",
        "warning": "#FF7FA5",
    },
}
for _mode, _palette in PALETTES.items():
    _palette.update({f"label-{i}": colour for i, colour in enumerate(LABELS[_mode])})

# Labels of the runs beside the learner's own, in turn; 3 looks like the autoencoder's colour to some.
RUNS = (1, 2, 8, 0, 5)
# Colour and dash of what is no autoencoder, whatever stands beside it. Those that share a chart have a colour each.
BASELINES: dict[str, tuple[str, str]] = {
    "reference": ("baseline", "dash"),
    "noisy": ("label-7", "dot"),
    "wiener": ("label-4", "dash"),
    "median": ("label-9", "dashdot"),
    "non_local_means": ("label-6", "longdash"),
    "popularity": ("label-7", "dot"),
    "item_knn": ("label-9", "dashdot"),
    "ease": ("label-4", "dash"),
    "biases": ("label-6", "longdash"),
    "scratch": ("label-9", "dashdot"),
    "pixels": ("label-7", "dot"),
    "neighbours": ("label-4", "dash"),
    "machine": ("label-6", "longdash"),
    "pca": ("label-8", "longdashdot"),
    "pca_both": ("label-7", "dot"),
    "isolation_forest": ("label-9", "dashdot"),
}


def ink(role: str) -> str:
    """Name a colour of the palettes; labels are ``label-0`` to ``label-9``."""
    if role not in PALETTES["light"]:
        raise KeyError(role)
    return f"var(--{role})"


def label_ink(i: int) -> str:
    """Name the colour of the class `i`; after ten they begin again."""
    return ink(f"label-{i % len(LABELS['light'])}")


def paint(text: str, mode: Mode) -> str:
    """Replace each colour named in a figure's JSON by that of a palette."""
    return re.sub(r"var\(--([a-z0-9-]+)\)", lambda found: PALETTES[mode][found[1]], text)


def template() -> dict[str, Any]:
    """Return the Plotly template, its colours named by :func:`ink`."""
    axis = {
        "automargin": True,
        "exponentformat": "power",
        "separatethousands": True,
        "gridcolor": ink("grid"),
        "linecolor": ink("grid"),
        "showline": False,
        "tickfont": {"color": ink("muted"), "size": 14},
        "ticklabelstandoff": 5,
        "ticks": "",
        "title": {"font": {"color": ink("muted"), "size": 14}, "standoff": 10},
        "zeroline": False,
    }
    return {
        "layout": {
            "annotationdefaults": {"showarrow": False},
            "colorway": [label_ink(i) for i in range(10)],
            "font": {"color": ink("text"), "family": FONT, "size": 15},
            "hoverlabel": {
                "align": "left",
                "bgcolor": ink("surface"),
                "bordercolor": ink("grid"),
                "font": {"color": ink("text"), "family": FONT, "size": 14},
            },
            "hovermode": "closest",
            "margin": {"b": 48, "l": 40, "r": 16, "t": 48},
            "modebar": {"activecolor": ink("primary"), "bgcolor": "rgba(0,0,0,0)", "color": ink("muted")},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "title": {
                "font": {"size": 17, "weight": 600},
                "pad": {"t": 8},
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yanchor": "top",
            },
            "xaxis": axis | {"exponentformat": "none", "showgrid": False, "showline": True},
            "yaxis": axis,
        }
    }


def sheet(say: Say, **layout: Any) -> go.Figure:
    """Return an empty figure with the template, the separators and the words of its tools."""
    import plotly.graph_objects as go

    meta = {"reset": say("figure.reset")} | layout.pop("meta", {})
    looks = {"template": template(), "separators": say.separators, "meta": meta, "uirevision": "keep"} | layout
    # Validation takes most of a figure's time; the tests draw every figure with it.
    return go.Figure(layout=looks, _validate=VALIDATED)


def heading(title: str, unit: str) -> dict[str, Any]:
    """Return a title over the words for the upright axis, which read better lying."""
    text = f'{title}<br><span style="color:{ink("muted")};font-size:14px;font-weight:400">{unit}</span>'
    return {"text": text, "pad": {"t": 20}}


def dress(figure: go.Figure | Mapping[str, Any], mode: Mode, separators: str | None = None) -> go.Figure:
    """Return a copy of a figure in the colours of a theme, for wherever no browser does it.

    Parameters
    ----------
    figure : go.Figure or dict
        Any figure, or what its ``to_json`` wrote; one without the project's template gets it.
    mode : {"light", "dark"}
    separators : str, optional
        Decimal mark and thousands mark; by default the figure's own.
    """
    import plotly.graph_objects as go

    plain = json.loads(figure.to_json()) if isinstance(figure, go.Figure) else dict(figure)
    layout = dict(plain.get("layout", {}))
    if "var(--" not in json.dumps(layout.get("template", {})):
        layout["template"] = template()
    if separators:
        layout["separators"] = separators
    return go.Figure(json.loads(paint(json.dumps(plain | {"layout": layout}), mode)))
