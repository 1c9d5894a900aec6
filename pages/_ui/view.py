"""A visitor's view of a page: what they look at, and how. It changes no result, and lives in the address.

A page says to :func:`pages._ui.turn.experiment` which of these names are its own; the knob that says what
a choice may be is made where it is shown, since it may follow the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import address, say

if TYPE_CHECKING:
    from aecore.knobs import Complaint, Knob

# No knob of an experiment has one of these names.
NAMES = (
    "test_noise", "across", "up", "input", "direction", "order", "click", "unit", "rank", "keep", "clamped", "held",
    "at", "beside", "photo", "opacity", "drug", "second", "property", "source", "reach", "history",
    "recording", "disturbed", "ratio", "one", "other", "moved", "draw", "printed", "range", "start_from",
    "labels", "layer",
    "judge", "allowed",
    "note", "coloured", "instrument", "pitch", "other_instrument", "other_pitch", "way",
    "swept", "values", "seeds", "measure",
    "plane", "place",
)  # fmt: skip
# Held-out inputs to choose one from.
INPUTS = 50
# Those of every page with a run: its moment, and a run beside it.
EVERYWHERE = ("at", "beside")
# Before a figure's place in the page: how it is zoomed and turned, as plot/seen.js writes it and alone reads it.
OF_FIGURE = "plot_"
# Positions of a logarithmic slider within each power of ten.
MANTISSAS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
# A row of buttons has room on the page for fewer than this; more become a list.
WIDE = 6


@dataclass(eq=False)
class View:
    """What a visitor has chosen to see, on whichever page.

    Attributes
    ----------
    names : tuple of str
        Those of the page that is shown.
    chosen : dict of str to str
        What is not as usual, by name, as the address says it.
    linked : set of str
        Names that a link brought, and nobody has looked at yet.
    complaints : dict of str to Complaint
        What was wrong with a link, until the visitor chooses.
    shown : dict
        What each widget says, by name.
    moved : Counter
        How often the program moved a widget; a part of its key, as what is set through the session may be lost.
    page : str
        The place in the address of the page that is shown.
    figures : dict of str to str
        How figures of the page are zoomed and turned, by the names that the address has for that.
    """

    names: tuple[str, ...] = ()
    chosen: dict[str, str] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)
    page: str = ""
    figures: dict[str, str] = field(default_factory=dict)

    def settle(self, name: str, knob: Knob) -> Any:
        """Return what is chosen; the nearest where that is not allowed here, which only of a link is worth a word."""
        from aecore.knobs import Complaint

        if name not in self.chosen:
            return knob.default
        value, reason = knob.settle(text := self.chosen[name])
        if reason and name in self.linked:
            self.put(name, value, knob.default)
            self.complaints[name] = Complaint(name, text, value, reason)
        self.linked.discard(name)
        return value

    def key(self, name: str) -> str:
        """Return the key of a widget."""
        return say.key(f"{name}_{self.moved[name]}" if self.moved[name] else name)

    def pick(self, name: str, picked: Any, knob: Knob) -> None:
        """Take over what a widget says, if it says something else than before."""
        if picked != self.shown[name]:
            self.shown[name] = picked
            self.put(name, picked, knob.default)

    def put(self, name: str, value: Any, usual: Any = None) -> None:
        """Take a choice over."""
        from aecore.knobs import to_text

        assert name in self.names, name
        before = self.chosen.pop(name, None)
        if value != usual:
            self.chosen[name] = to_text(value)
        if before != self.chosen.get(name):
            self.complaints.pop(name, None)


def view() -> View:
    """Return this visitor's view."""
    return st.session_state.setdefault("view", View())


def enter(page: str) -> None:
    """Begin with a page's figures as they are drawn, where it is another page than before."""
    now = view()
    if now.page != page:
        now.page, now.figures = page, {}


def is_of_figure(name: str) -> bool:
    """Whether the address says under a name how a figure is zoomed and turned."""
    return name.startswith(OF_FIGURE)


def is_look(name: str) -> bool:
    """Whether the address says under a name what a visitor looks at, on any page with a run."""
    return name in NAMES or is_of_figure(name)


def bring(link: Mapping[str, object]) -> dict[str, object]:
    """Take over how a link's figures are zoomed and turned, and return the rest of it."""
    if link:
        view().figures = {name: str(text) for name, text in link.items() if is_of_figure(name)}
    return {name: text for name, text in link.items() if not is_of_figure(name)}


def of_figure(figure: str) -> str:
    """Return how a figure is zoomed and turned; an empty text is as it was drawn."""
    return view().figures.get(OF_FIGURE + figure, "")


def see_figure(figure: str, text: str) -> None:
    """Take over how a visitor has zoomed and turned a figure."""
    now = view()
    now.figures.pop(OF_FIGURE + figure, None)
    if text:
        now.figures[OF_FIGURE + figure] = text


def declare(names: tuple[str, ...], link: Mapping[str, object]) -> None:
    """Say which names belong to the page, and take over what a link says under them."""
    now = view()
    now.names = (*names, *EVERYWHERE)
    if link:
        now.complaints.clear()
        now.linked = {name for name in now.names if name in link}
        for name in now.names:
            now.chosen.pop(name, None)
        now.chosen |= {name: str(link[name]) for name in now.linked}


def said() -> dict[str, str]:
    """Return what the address is to say of the view."""
    now = view()
    return {name: now.chosen[name] for name in now.names if name in now.chosen} | now.figures


def chosen(name: str, knob: Knob) -> Any:
    """Return what the visitor has chosen, in the bounds that hold here; also above the widget that says it."""
    now = view()
    picked = st.session_state.get(now.key(name))
    if name in now.shown and picked is not None:
        now.pick(name, tuple(picked) if isinstance(picked, list) else picked, knob)
    return now.settle(name, knob)


def of_inputs(usual: int = 1, *, low: int = 1) -> Knob:
    """Return the choice of a held-out input by its number, from 1; 0 may stand for none."""
    from aecore.knobs import Knob

    return Knob(usual, low=low, high=INPUTS)


def complain() -> None:
    """Say what was wrong with the link."""
    for complaint in view().complaints.values():
        st.warning(say.explain(complaint, say.words()), icon=":material/link_off:")


def arrived(name: str) -> bool:
    """Whether a link has brought a choice that nobody has looked at yet."""
    return name in view().linked


def take(name: str) -> str:
    """Return what a link has brought, for somebody who keeps it elsewhere."""
    now = view()
    now.linked.discard(name)
    return now.chosen.pop(name)


def pass_over(name: str, text: str) -> None:
    """Say that what a link has brought means nothing here."""
    from aecore.knobs import Complaint

    view().complaints[name] = Complaint(f"{name}={text[:60]}", text, None, "unknown")


def keep(name: str, value: Any, usual: Any = None) -> None:
    """Take over what the visitor has chosen; what is as usual is not said in the address."""
    view().put(name, value, usual)
    write()


def write() -> None:
    """Say the view in the address; costs nothing while it does not change."""
    before, now = address.written(), said()
    if {name: text for name, text in before.items() if is_look(name)} != now:
        address.write({name: text for name, text in before.items() if not is_look(name)} | now)


def choose(name: str, knob: Knob, **look: Any) -> Any:
    """Show a choice, and return what is chosen.

    The widget says what it is, not a callback, which may be abandoned.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    knob : Knob
        Words give a row of buttons, a yes or no a switch, tuples a list to choose several from, steps of less
        than 1 a slider over these, and whole numbers a slider.
    look : dict
        What the widget is called with beside that.
    """
    now, words = view(), say.words()
    value = chosen(name, knob)
    if name in address.hidden():
        return value
    if now.shown.setdefault(name, value) != value:
        now.moved[name] += 1
    now.shown[name] = value
    about: dict[str, Any] = {"label": words(f"knob.{name}.label"), "key": now.key(name), **look}
    if words.knows(f"knob.{name}.help"):
        about["help"] = words(f"knob.{name}.help")
    picked: Any
    if knob.options:

        def write_option(option: str) -> str:
            return words(f"option.{name}.{option}")

        about = {"format_func": write_option, "options": knob.options, **about}
        if len(knob.options) < WIDE:
            picked = st.segmented_control(**about, default=value, required=True)
        else:
            picked = st.selectbox(**about, index=knob.options.index(value))
    elif isinstance(knob.default, bool):
        picked = st.toggle(**about, value=value)
    elif isinstance(knob.default, tuple):
        rows = range(int(knob.low), int(knob.high) + 1)
        picked = tuple(st.multiselect(**about, options=rows, default=list(dict.fromkeys(value))))
    elif knob.step and isinstance(knob.default, float):
        picked = st.select_slider(**about, options=positions(knob, value), value=value, format_func=words.plain)
    elif "format_func" in look:
        picked = st.select_slider(**about, options=range(int(knob.low), int(knob.high) + 1), value=value)
    else:
        picked = st.slider(**about, min_value=int(knob.low), max_value=int(knob.high), value=value)
    now.pick(name, picked, knob)
    write()
    return picked


def positions(knob: Knob, value: Any) -> list[Any]:
    """Return the numbers between the bounds, evenly spaced or round, and the numbers that must be among them."""
    kind: Any = type(knob.default)
    if knob.scale == "linear" and knob.step:
        steps = round((knob.high - knob.low) / knob.step)
        rounds = {kind(round(knob.low + i * knob.step, 9)) for i in range(1, steps)}
    else:
        rounds = {kind(float(f"{m}e{power}")) for power in range(-7, 7) for m in MANTISSAS}
    return sorted(
        {kind(knob.low), kind(knob.high), knob.default, value} | {r for r in rounds if knob.low < r < knob.high}
    )
