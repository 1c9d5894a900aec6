"""Molecules drawn on a page, each with its name and what is to be said of it; bonds have the colour of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from aecore.text import Say
from pages._ui import say, show
from pages._ui.seen import Seen

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "gargalo_structures",
    html=(_HERE / "structures.html").read_text("utf-8"),
    css=(_HERE / "structures.css").read_text("utf-8"),
    js=(_HERE / "structures.js").read_text("utf-8"),
    isolate_styles=False,
)


class Structure(NamedTuple):
    """A molecule, ``None`` while it is to come; by what name, and what is to be said of it."""

    smiles: str | None
    name: str = ""
    note: str = ""


def row(seen: Seen, make: Callable[[Seen, Say], Sequence[Structure]], *, every: float = 2.0) -> None:
    """Show molecules of a run as `make` gives them; what RDKit cannot draw is said in words."""
    from aecore import chemistry

    shown = []
    for smiles, name, note in show.made(make, seen, every):
        known = smiles is not None and chemistry.molecule(smiles) is not None
        said = note if known or smiles is None else say.words()("molecules.nothing")
        drawing = chemistry.drawing(smiles) if known else ""
        shown.append({"svg": drawing, "label": f"{name} {smiles or ''}".strip(), "name": name, "note": said})
    _mount(key=make.__name__, data=shown)


def table(columns: Mapping[str, Sequence[float]], rows: Mapping[str, int], words: Say) -> None:
    """Show numbers in columns, the best of each row marked where one alone is best.

    Parameters
    ----------
    columns : mapping
        The numbers of each column by its name; NaN for those to come.
    rows : mapping to {1, 0, -1}
        Of each row, by its name, whether more is better, neither, or less.
    words : Say
    """
    lines = ["| | " + " | ".join(columns) + " |", "|:--|" + "--:|" * len(columns)]
    for i, (name, better) in enumerate(rows.items()):
        numbers = [column[i] for column in columns.values()]
        best = np.max(better * np.array(numbers))  # NaN, so that nothing is best, while one is to come
        alone = better and sum(better * number == best for number in numbers) == 1
        cells = ["…" if isnan(n) else words.number(n, 1 if abs(n) >= 10 else 2) for n in numbers]
        marked = [
            f"**{c}**\N{NO-BREAK SPACE}◂" if alone and better * n == best else c
            for c, n in zip(cells, numbers, strict=True)
        ]
        lines.append(f"| {name} | " + " | ".join(marked) + " |")
    st.markdown("\n".join(lines))
