"""Molecules drawn on a page, each with its name and what is to be said of it; bonds have the colour of the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from aecore.text import Say
from pages._ui import say, show
from pages._ui.component import component
from pages._ui.seen import Seen

_HERE = Path(__file__).parent
_mount = component(_HERE / "structures.html", "structures.js", css="structures.css")


class Structure(NamedTuple):
    """A molecule, ``None`` while it is to come; by what name, and what is to be said of it."""

    smiles: str | None
    name: str = ""
    note: str = ""


def row(seen: Seen, make: Callable[[Seen, Say], Sequence[Structure]]) -> None:
    """Show molecules of a run as `make` gives them; what RDKit cannot draw is said in words."""
    from aecore import chemistry

    shown = []
    for smiles, name, note in show.made(make, seen):
        known = smiles is not None and chemistry.molecule(smiles) is not None
        said = note if known or smiles is None else say.words()("molecules.nothing")
        drawing = chemistry.drawing(smiles) if known else ""
        shown.append({"svg": drawing, "label": f"{name} {smiles or ''}".strip(), "name": name, "note": said})
    _mount(key=make.__name__, data=shown)
