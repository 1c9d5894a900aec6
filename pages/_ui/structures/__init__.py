"""Molecules drawn on a page, each with its name and what is to be said of it; bonds have the colour of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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
    """A molecule, by what name, and what is to be said of it."""

    smiles: str
    name: str = ""
    note: str = ""


def row(seen: Seen, make: Callable[[Seen, Say], Sequence[Structure]], *, every: float = 2.0) -> None:
    """Show molecules of a run as `make` gives them; what RDKit cannot draw is said in words."""
    from aecore import chemistry

    shown = []
    for smiles, name, note in show.made(make, seen, every):
        known = chemistry.molecule(smiles) is not None
        said = note if known else say.words()("molecules.nothing")
        drawing = chemistry.drawing(smiles) if known else ""
        shown.append({"svg": drawing, "label": f"{name} {smiles}".strip(), "name": name, "note": said})
    _mount(key=make.__name__, data=shown)


def table(rows: Mapping[str, Sequence[float]], columns: Sequence[str], better: Sequence[int], words: Say) -> None:
    """Show numbers in rows, the best of each column marked where one alone is best.

    Parameters
    ----------
    rows : mapping
        The numbers of each row by its name.
    columns : sequence of str
    better : sequence of {1, 0, -1}
        Of each column, whether more is better, neither, or less.
    words : Say
    """
    lines = ["| | " + " | ".join(columns) + " |", "|:--|" + "--:|" * len(columns)]
    for name, numbers in rows.items():
        cells = []
        for i, number in enumerate(numbers):
            others = [better[i] * row[i] for other, row in rows.items() if other != name]
            alone = better[i] and others and better[i] * number > max(others)
            cells.append(f"**{words.number(number, 2)}** ◂" if alone else words.number(number, 2))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    st.markdown("\n".join(lines))
