"""Turning knobs: widgets made from what the specs declare, and an address that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import mine, say, steer, view
from pages._ui.address import GROUPS, hidden, linked
from pages._ui.address import as_linked as as_linked
from pages._ui.address import write as write_address
from pages._ui.say import explain
from pages._ui.view import positions

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Knob, Value
    from aecore.text import Say

# A row of buttons has room in the sidebar for fewer than this; more become a list.
NARROW = 4


def experiment(
    *,
    method: str | Sequence[str],
    data: Sequence[str],
    net: Sequence[str] = (),
    task: str = "reconstruction",
    looks: tuple[str, ...] = (),
    usual: Mapping[str, Value] = MappingProxyType({}),
) -> Experiment:
    """Show the knobs of a lesson and return the experiment that they say.

    What the visitor has turned is kept for the session by name, and only that: a knob that was left
    alone follows the default of whatever data are chosen.

    Parameters
    ----------
    method : str or sequence of str
        That of the lesson, or those that suit an application, the first by default.
    task : str
    data : sequence of str
        The data sets that suit it, the first by default.
    net : sequence of str
        The networks that suit it; by default those whose code is a row of units.
    looks : tuple of str
        The names in the address of what a visitor chooses to see of it; see :mod:`pages._ui.view`.
    usual : mapping
        What this page takes where nothing was turned; the address always says these.
    """
    from aecore.experiment import Experiment, nets_for, preferred
    from aecore.knobs import Knob
    from aecore.networks import TABLE

    words = say.words()
    methods = (method,) if isinstance(method, str) else tuple(method)
    net = tuple(net or (name for name, kind in TABLE.items() if kind.of_units))
    data = mine.offered(data) if task == "reconstruction" else data
    only = {"method": methods, "task": (task,), "data": data, "net": net}
    address = view.bring(linked())
    if withheld := not mine.may_say(address):
        # What nobody else may see is as if it were not there.
        lost = ("data", "file") if address["data"] == "own" else ("file",)
        address = {name: text for name, text in address.items() if name not in lost}
    view.declare(looks, address)
    if address or withheld:
        address = {name: text for name, text in address.items() if name not in view.view().names}
        settled = Experiment.settle(address, only=only)
        idle = {name for name, knob in settled.experiment.knobs.items() if knob.idle}
        given = {name: value for name, value in settled.experiment.flat().items() if name not in idle}
        st.session_state.turned = {name: given[name] for name in address if name in given}
        st.session_state.complaints = (*settled.complaints, *([mine.not_here()] if withheld else []))
        steer.course().arrive(settled.experiment.chain)
    turned = st.session_state.setdefault("turned", {})
    # Another page's task is nothing that was turned here, nor is its method where this page has but one.
    foreign = {"task"} if len(methods) > 1 else {"method", "task"}
    given = {name: value for name, value in turned.items() if name not in foreign}
    current, clashes = Experiment.settle({**usual, **mine.readable(given), "start": steer.course().chain}, only=only)

    declared = {"data": Knob(data[0], options=tuple(data))}
    if len(methods) > 1:
        declared["method"] = Knob(methods[0], options=methods)
    kinds = (type(current.data), type(current.method), type(current.task))
    nets = tuple(nets_for(current.data, kinds[1], net))
    wish = str(preferred(kinds).get("net", nets[0]))
    declared |= {"net": Knob(wish if wish in nets else nets[0], options=nets), **current.knobs}
    say.name_knobs()
    _show(current, declared, words)
    # A choice that another lesson had, and this one has not, is no mistake of the visitor's.
    said = [clash for clash in clashes if clash.reason not in ("unknown", "not_an_option") and clash.name != "start"]
    for complaint in (*st.session_state.get("complaints", ()), *said):
        st.warning(explain(complaint, words), icon=":material/link_off:")
    _write_address(current, declared, usual)
    return current


def _show(current: Experiment, declared: Mapping[str, Knob], words: Say) -> None:
    """Show the knobs in the sidebar, but for those that the link hides."""
    hide = hidden()
    used = {name: knob for name, knob in declared.items() if not knob.idle and name not in hide}
    plain = [name for name, knob in used.items() if not knob.fine]
    fine = [] if "fine" in hide else [name for name in used if name not in plain]
    for name in sorted(hide - {*declared, *view.view().names, *GROUPS}):
        st.warning(words("complaint.unknown", name=name[:60]), icon=":material/link_off:")
    if "controls" in hide or not (plain or fine):
        return
    with st.sidebar:
        st.header(words("turn.heading"), anchor=False)
        for name in sorted(plain, key=_place(current)):
            widget(name, declared[name], current.flat()[name], words)
        if fine:
            with st.expander(words("turn.fine")):
                for name in fine:
                    widget(name, declared[name], current.flat()[name], words)
        st.button(
            words("turn.defaults"), key="defaults", icon=":material/restart_alt:", on_click=_forget, width="stretch"
        )


def _place(current: Experiment) -> Callable[[str], int]:
    """Order the knobs as one thinks of them: data, network, what the method adds, training."""
    parts = {"data": current.data, "task": current.task, "method": current.method, "net": current.net}
    order = [name for part, spec in parts.items() for name in (part, *spec.knobs())]
    return lambda name: order.index(name) if name in order else len(order)


def widget(name: str, knob: Knob, value: Value, words: Say, *, on_change: Callable[[str], None] | None = None) -> None:
    """Show a knob; `on_change`, by default the lesson's, is called with its name when it is turned."""
    shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
    key = say.key(name)
    st.session_state[name] = st.session_state[key] = shown

    def turn() -> None:
        st.session_state[name] = st.session_state[key]
        (on_change or _turned)(name)

    about: dict[str, Any] = {
        "label": words(f"knob.{name}.label"),
        "help": words(f"knob.{name}.help"),
        "key": key,
        "on_change": turn,
    }

    def write(value: Value) -> str:
        return say.value(name, value, words)

    if name == "file":
        titles = mine.titles(str(st.session_state.data), words)
        st.selectbox(**about, options=[*titles], format_func=lambda number: titles[number])
    elif knob.options and len(knob.options) < NARROW:
        st.segmented_control(**about, options=knob.options, format_func=write, required=True, width="stretch")
    elif knob.options:
        st.selectbox(**about, options=knob.options, format_func=write)
    elif isinstance(knob.default, bool):
        st.toggle(**about)
    elif isinstance(knob.default, tuple):
        st.text_input(**about)
    elif knob.scale == "log" or (isinstance(knob.default, float) and knob.step):
        st.select_slider(**about, options=positions(knob, value), format_func=write)
    elif knob.high - knob.low > 1000:
        st.number_input(**about, min_value=knob.low, max_value=knob.high, step=knob.step)
    else:
        kind: Any = type(value)
        st.slider(**about, min_value=kind(knob.low), max_value=kind(knob.high), step=knob.step)


def _turned(name: str) -> None:
    value = st.session_state[name]
    st.session_state.turned[name] = value
    st.session_state.complaints = ()
    if not steer.fork(name, value):
        steer.course().chain = []


def take(experiment: Experiment, *names: str) -> None:
    """Turn only these knobs, to what an experiment has; train it."""
    values = experiment.flat()
    st.session_state.turned = {name: values[name] for name in names}
    st.session_state.complaints = ()
    steer.course().chain = []
    steer.train(experiment)
    st.session_state.begun = True


def _forget() -> None:
    """Go back to the defaults; what the link hides stays as the link says."""
    st.session_state.turned = {name: value for name, value in st.session_state.turned.items() if name in hidden()}
    st.session_state.complaints = ()
    steer.course().chain = []


def _write_address(current: Experiment, declared: Mapping[str, Knob], usual: Mapping[str, Value]) -> None:
    """Say in the address what differs from the defaults, so that a reload or another browser sees the same."""
    from aecore.knobs import to_text

    values = current.flat()
    wanted: dict[str, object] = {
        name: to_text(values[name]) for name, knob in declared.items() if values[name] != knob.default or name in usual
    }
    if current.chain:
        wanted["start"] = current.chain
    write_address(wanted | view.said())
